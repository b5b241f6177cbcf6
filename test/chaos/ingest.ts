import { type ChaosOptions, ingestChaos } from './ingest-chaos.ts'
import { judgeIngest } from './judge-ingest.ts'
import { total } from './storm.ts'

/**
 * The long form of `test/events/chaos.test.ts`; takes some minutes. Answers whether what was counted is what was sent, to
 * the unit.
 */
export async function runIngest(options: Omit<ChaosOptions, 'onProgress'>): Promise<boolean> {
  const report = await ingestChaos({ ...options, onProgress: (line) => process.stderr.write(`${line}\n`) })
  const { sent, stored, shown, ...rest } = report
  const totals = { sent: total(sent.events), stored: total(stored.events), shown: total(shown.events) }
  const complaints = judgeIngest(report)
  process.stdout.write(`${JSON.stringify({ ...totals, ...rest, complaints }, undefined, 2)}\n`)
  return complaints.length === 0
}
