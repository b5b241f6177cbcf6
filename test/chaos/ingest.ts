import { type ChaosOptions, ingestChaos } from './ingest-chaos.ts'
import { type Tallied, total } from './storm.ts'

/**
 * The long form of `test/events/chaos.test.ts`; takes some minutes. Answers whether what was counted is what was sent, to
 * the unit.
 */
export async function runIngest(options: Omit<ChaosOptions, 'onProgress'>): Promise<boolean> {
  const report = await ingestChaos({ ...options, onProgress: (line) => process.stderr.write(`${line}\n`) })
  const { sent, stored, shown, dropped, stepsBack, ...rest } = report
  const seriesThatDiffer = differing(sent, stored) + differing(sent, shown)
  const totals = {
    sent: total(sent.events),
    stored: total(stored.events),
    shown: total(shown.events),
    ...{ dropped, stepsBack, seriesThatDiffer },
  }
  process.stdout.write(`${JSON.stringify({ ...totals, ...rest }, undefined, 2)}\n`)
  return seriesThatDiffer + dropped + stepsBack === 0
}

function differing(a: Tallied, b: Tallied): number {
  const keys = new Set([...a.events.keys(), ...b.events.keys()])
  const times = new Set([...a.timed.keys(), ...b.timed.keys()])
  return (
    [...keys].filter((key) => a.events.get(key) !== b.events.get(key)).length +
    [...times].filter((key) => a.timed.get(key) !== b.timed.get(key)).length
  )
}
