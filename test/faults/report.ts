import { markdownTable } from '../../src/generate/markdown-table.ts'
import { type Alarms, alertOf, RECEIVERS } from './alarm.ts'
import type { Matrix, Soak } from './matrix-file.ts'
import { FACTOR } from './monitoring.ts'
import type { Row } from './row.ts'

export interface Surroundings {
  readonly date: string
  readonly machine: string
  /** What it ran on, each with its version. */
  readonly versions: readonly string[]
}

const HEAD = [
  'fault',
  'what was done',
  'told',
  'inhibited',
  'first told',
  'all told',
  'taken back',
  'what the findings name',
]

/** The text of `docs/fault-matrix.md`. */
export function report({ rows, soak }: Matrix, { date, machine, versions }: Surroundings): string {
  const caught = rows.filter(({ wrong }) => wrong.length === 0).length
  const red = rows.filter(({ wrong }) => wrong.length > 0)
  return `# The fault matrix

Each fault is put into a real, healthy deployment, and what real webhooks receive is compared with what they must:
the alerts that the fault causes, to the right receiver, with a link to their section of the runbook, and nothing else;
and all of it taken back when the fault is over. \`npm run faults\` does it again, \`npm run faults F03\` for one.

**${caught} of ${rows.length} as they should be.** Last seen ${date} on ${machine}; ${versions.join(', ')}.

- Three servers under light traffic, their database, a state database, Redis, two workers, Prometheus and Alertmanager.
  Nothing is simulated but the speed of time.
- **Time runs ${FACTOR} times faster** for the rules: each range, offset, \`for\`, \`keep_firing_for\` and interval of
  \`alerts/*.rules.yml\` is divided by ${FACTOR}, and so are seconds that stand as numbers. Counts, shares and
  thresholds stay. Checks are run every 10 s, the shortest that can be configured. So ten seconds of the table are five
  minutes at night, and \`for: 2m\` is 4 s. Of \`alertmanager.yml\` only the addresses and the waits differ.
- Restarting a server takes seconds, which would be minutes at this speed. Prometheus looks again when each check has
  been run after it; that wait is part of the times below.
- The weeks, days and hours before each fault are written into Prometheus as healthy as the deployment was when it was
  started; each fault gets a Prometheus of its own.
- Sign-ins are not limited, or the probes, run so often, would meet the limit.

Seconds until the first was told, until all were, and from the end of the fault until all was taken back. Alerts without
the prefix they share. What a budget of the month has lost is a ticket for hours after an outage; it is not listed.

${markdownTable(HEAD, rows.map(cells))}
${red.length === 0 ? '' : `\n## Not as they should be\n\n${red.map(complaint).join('\n')}\n`}
## In good health

${soak === null ? 'Not watched yet.' : health(soak)}
`
}

function cells(row: Row): readonly string[] {
  const times = [row.detectedAfter, row.toldAfter, row.resolvedAfter]
  return [
    `${row.id}${row.wrong.length === 0 ? '' : ' ✗'}`,
    row.title,
    toldText(row.told),
    row.inhibited.map(code).join(', '),
    ...times.map((seconds) => (seconds === null ? '' : seconds.toFixed(0))),
    row.findings.map(code).join('; '),
  ]
}

/** `page: …; ticket: …`, each alert with a link to its section. */
function toldText(told: Alarms): string {
  const parts = RECEIVERS.flatMap((receiver) => {
    const alarms = told[receiver] ?? []
    return alarms.length === 0 ? [] : [`${receiver}: ${alarms.map(link).join(', ')}`]
  })
  return parts.length === 0 ? 'nobody' : parts.join('; ')
}

function link(alarm: string): string {
  const [name = '', ...about] = alarm.split(' ')
  return [`[${name}](../alerts/README.md#${alertOf(alarm).toLowerCase()})`, ...about].join(' ')
}

/** A backtick would end it. */
function code(text: string): string {
  return `\`${text.replaceAll('`', "'")}\``
}

function complaint({ id, wrong }: Row): string {
  return `- **${id}**: ${wrong.map((each) => each.replaceAll('\n', ' ').slice(0, 300)).join('; ')}`
}

function health({ at, minutes, told, scrapes, runs, signIns }: Soak): string {
  const result = told.length === 0 ? 'nothing but the Watchdog' : `**${told.join(', ')}**`
  return `${minutes} minutes under traffic, with the same shorter times, on ${at.slice(0, 10)}: ${result}.
Meanwhile ${runs} checks were run, ${signIns} sign-ins were counted and ${scrapes} scrapes were made.`
}
