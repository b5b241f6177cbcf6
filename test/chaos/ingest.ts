import { markdownTable } from '../../src/generate/markdown-table.ts'
import { type ChaosOptions, type ChaosReport, ingestChaos } from './ingest-chaos.ts'
import { judgeIngest } from './judge-ingest.ts'
import { total } from './storm.ts'
import { writeSection } from './write-section.ts'

/**
 * The long form of `test/events/chaos.test.ts`; takes some minutes. Answers whether what was counted is what was sent, to
 * the unit.
 */
export async function runIngest({
  write,
  ...options
}: Omit<ChaosOptions, 'onProgress'> & { readonly write: boolean }): Promise<boolean> {
  const report = await ingestChaos({ ...options, onProgress: (line) => process.stderr.write(`${line}\n`) })
  const { sent, stored, shown, ...rest } = report
  const totals = { sent: total(sent.events), stored: total(stored.events), shown: total(shown.events) }
  const complaints = judgeIngest(report)
  process.stdout.write(`${JSON.stringify({ ...totals, ...rest, complaints }, undefined, 2)}\n`)
  if (write) await writeSection('ingest', ingestSection({ options, report, complaints }))
  return complaints.length === 0
}

/** What `docs/chaos.md` says of the last run. */
function ingestSection(run: {
  readonly options: Omit<ChaosOptions, 'onProgress'>
  readonly report: ChaosReport
  readonly complaints: readonly string[]
}): string {
  const { options, report, complaints } = run
  const { sent, stored, shown, refusals, batches, dropped, scrapes, seconds } = report
  const refused = Object.values(refusals).reduce((sum, count) => sum + count, 0)
  const table = markdownTable(
    [
      ...[
        'events sent',
        'stored',
        'shown',
        'given up',
        'worker killed',
        'state restarted',
        'Redis restarted',
      ],
      ...['batches', 'not accepted at once', 'scrapes', 'seconds'],
    ],
    [
      [
        ...[total(sent.events), total(stored.events), total(shown.events), dropped],
        ...[options.kills, options.stateRestarts, options.redisRestarts],
        ...[batches, refused, scrapes, Math.round(seconds)],
      ].map(String),
    ],
  )
  const verdict = complaints.length === 0 ? 'nothing was wrong.' : 'not all was right, see below.'
  const wrong = complaints.length === 0 ? [] : [complaints.map((text) => `- ${text}`).join('\n')]
  return [`**${verdict.charAt(0).toUpperCase()}${verdict.slice(1)}**`, table, ...wrong].join('\n\n')
}
