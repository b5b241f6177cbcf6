import type { ChaosReport } from './ingest-chaos.ts'
import { readShown } from './shown-totals.ts'
import type { Tallied } from './storm.ts'

const MOST_TOLD = 4

/** What is wrong with what was counted; empty when it is what was sent, to the unit, and never was less. */
export function judgeIngest(
  report: Pick<ChaosReport, 'sent' | 'stored' | 'shown' | 'dropped' | 'delivered' | 'stepsBack' | 'scrapes'>,
): readonly string[] {
  const { sent, stored, shown, dropped, delivered, stepsBack, scrapes } = report
  const differences = [...differing('stored', sent, stored), ...differing('shown', sent, shown)]
  const left = differences.length - MOST_TOLD
  return [
    ...differences.slice(0, MOST_TOLD),
    ...(left > 0 ? [`and ${left} more series differ`] : []),
    ...(delivered ? [] : ['a source could not deliver what it had']),
    ...(dropped === 0 ? [] : [`${dropped} events were given up`]),
    ...(scrapes === 0 ? ['nothing was scraped'] : []),
    ...stepsBack.slice(0, MOST_TOLD),
  ]
}

function differing(what: 'stored' | 'shown', sent: Tallied, counted: Tallied): readonly string[] {
  return (['events', 'timed'] as const).flatMap((kind) => {
    const series = new Set([...sent[kind].keys(), ...counted[kind].keys()])
    return [...series].flatMap((key) => {
      const [wanted, found] = [sent[kind].get(key) ?? 0, counted[kind].get(key) ?? 0]
      return wanted === found ? [] : [`${kind} ${key}: ${wanted} sent, ${found} ${what}`]
    })
  })
}

/** Judges scrape after scrape, of whatever workers: the sentence for each series that was more before. */
export function stepJudge(): (exposition: string) => readonly string[] {
  const highest = new Map<string, number>()
  return (exposition) => {
    // A worker that does not know the totals yet shows none, which is no step back.
    if (!exposition.includes('authwatch_auth_events_total')) return []
    const { events, timed } = readShown(exposition)
    const now = new Map<string, number>([
      ...[...events].map(([key, count]) => [`events ${key}`, count] as const),
      ...[...timed].map(([key, count]) => [`timed ${key}`, count] as const),
    ])
    const back = [...highest].flatMap(([key, before]) => {
      const count = now.get(key) ?? 0
      return count < before ? [`${key} went from ${before} to ${count}`] : []
    })
    for (const [key, count] of now) highest.set(key, Math.max(count, highest.get(key) ?? 0))
    return back
  }
}
