import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { accounts, signIn, spikes, successes } from '../../src/generate/event-recordings.ts'
import { promtool } from '../support/prometheus.ts'

const MINUTE_S = 60
const DAY_S = 24 * 60 * MINUTE_S

const withClean = (series: string, usual: number) => [
  { series, usual },
  { series: `${series}_clean`, usual },
]

/** Recordings that rules and boards look back at, with what is usual of each while the demo's traffic goes on. */
const LOOKED_BACK_AT = [
  ...Object.values(spikes).flatMap(({ baseline }) => withClean(baseline.series, 50)),
  ...withClean(accounts.series, 12),
  ...withClean(successes.series, 600),
  { series: signIn.tried, usual: 650 },
]

/**
 * Makes Prometheus' data of the last day and of this hour a week ago, as if the rules had been evaluated then: nobody
 * can wait for it. Values are small and vary a little.
 */
export async function writePastWeeks(options: {
  /** Prometheus' own, still empty. */
  readonly dataDirectory: string
  readonly job: string
  /** Seconds since the epoch. */
  readonly now: number
}): Promise<void> {
  const { dataDirectory, job, now } = options
  const start = Math.floor(now / MINUTE_S) * MINUTE_S
  const times = [
    ...range({ from: start - 7 * DAY_S - 60 * MINUTE_S, to: start - 7 * DAY_S + 60 * MINUTE_S }),
    ...range({ from: start - DAY_S - 60 * MINUTE_S, to: start - 12 * MINUTE_S }),
  ]
  const lines = LOOKED_BACK_AT.flatMap(({ series, usual }) => [
    `# TYPE ${series} gauge`,
    ...times.map((time) => `${series}{job="${job}"} ${usual + ((time / MINUTE_S) % 5)} ${time}`),
  ])
  const file = join(dataDirectory, '..', 'past.om')
  await writeFile(file, `${lines.join('\n')}\n# EOF\n`)
  const create = ['tsdb', 'create-blocks-from', 'openmetrics', '--max-block-duration=360h', '-q']
  const { code, output } = await promtool([...create, file, dataDirectory])
  if (code !== 0) throw new Error(`promtool made no blocks: ${output}`)
}

function range({ from, to }: { readonly from: number; readonly to: number }): readonly number[] {
  return Array.from({ length: (to - from) / MINUTE_S }, (_, minute) => from + minute * MINUTE_S)
}
