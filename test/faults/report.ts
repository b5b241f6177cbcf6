import { groupBy } from '../../src/catalogue/group-by.ts'
import { markdownTable } from '../../src/generate/markdown-table.ts'
import { type Alarm, type Alarms, alertOf, RECEIVERS } from './alarm.ts'
import { cases } from './cases.ts'
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

/** Beyond so many, their number says enough. */
const MOST_SHOWN = 8

/** The text of `docs/fault-matrix.md`. */
export function report({ rows, soak }: Matrix, { date, machine, versions }: Surroundings): string {
  const caught = rows.filter(({ wrong }) => wrong.length === 0).length
  const red = rows.filter(({ wrong }) => wrong.length > 0)
  const unseen = cases.filter(({ id }) => rows.every((row) => row.id !== id)).map(({ id }) => id)
  return `# The fault matrix

Each fault is put into a real, healthy deployment, and what real webhooks receive is compared with what they must:
the alerts that the fault causes, to the right receiver, with a link to their section of the runbook, and nothing else;
and all of it taken back when the fault is over. \`npm run faults\` does it again, \`npm run faults F03\` for one.

**${caught} of ${cases.length} as they should be${unseen.length === 0 ? '' : `; ${unseen.join(', ')} were not run`}.** Last seen ${date} on ${machine}; ${versions.join(', ')}.

- Three servers under light traffic, their database, a state database, Redis, two workers, Prometheus and Alertmanager.
  Nothing is simulated but the speed of time.
- **Time runs ${FACTOR} times faster** for the rules: each range, offset, \`for\`, \`keep_firing_for\` and interval of
  \`alerts/*.rules.yml\` is divided by ${FACTOR}, and so are seconds that stand as numbers. Counts, shares and
  thresholds stay. Checks are run every 10 s, the shortest that can be configured, and the rules are those for checks
  that are run every five minutes. So ten seconds of the table are five minutes in production, and \`for: 2m\` is 4 s.
  Of \`alertmanager.yml\` only the addresses and the waits differ.
- Restarting a server takes seconds, which would be minutes at this speed. Prometheus looks again when each check has
  been run after it; that wait is part of the times below.
- The weeks, days and hours before each fault are written into Prometheus as healthy as the deployment was when it was
  started; each fault gets a Prometheus of its own.
- F27 tries 4 passwords a second, where the demo's own is 1: that would be ten in the rules' five minutes.
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
    byName(row.inhibited).join(', '),
    ...times.map((seconds) => (seconds === null ? '' : seconds.toFixed(0))),
    row.findings.map(code).join('; '),
  ]
}

/** `page: …; ticket: …`, each alert with a link to its section. */
function toldText(told: Alarms): string {
  const parts = RECEIVERS.flatMap((receiver) => {
    const alarms = told[receiver] ?? []
    return alarms.length === 0 ? [] : [`${receiver}: ${byName(alarms).join(', ')}`]
  })
  return parts.length === 0 ? 'nobody' : parts.join('; ')
}

/** Each name once, with a link to its section and all that it is about. */
function byName(alarms: readonly Alarm[]): readonly string[] {
  const groups = groupBy(alarms, (alarm) => alarm.split(' ')[0] ?? '')
  return [...groups].map(([name, group]) => {
    const about = group.map((alarm) => alarm.slice(name.length + 1)).filter((each) => each !== '')
    const shown = about.length > MOST_SHOWN ? `(${about.length})` : about.join(', ')
    return `[${name}](../alerts/README.md#${alertOf(name).toLowerCase()}) ${shown}`.trim()
  })
}

/** A backtick would end it. */
function code(text: string): string {
  return `\`${text.replaceAll('`', "'")}\``
}

function complaint({ id, wrong }: Row): string {
  return `- **${id}**: ${summary(wrong)}`
}

function health({ at, minutes, told, scrapes, runs, signIns }: Soak): string {
  const result = told.length === 0 ? 'nothing but the Watchdog' : `**${told.join(', ')}**`
  return `${minutes} minutes under traffic, with the same shorter times, on ${at.slice(0, 10)}: ${result}.
Meanwhile ${runs} checks were run, ${signIns} sign-ins were counted and ${scrapes} scrapes were made.`
}

/** What went wrong many times is said once. */
function summary(wrong: readonly string[]): string {
  const first = wrong.slice(0, MOST_SHOWN).map((each) => (each.split('\n')[0] ?? '').slice(0, 200))
  return `${first.join('; ')}${wrong.length > MOST_SHOWN ? ` and ${wrong.length - MOST_SHOWN} more` : ''}`
}
