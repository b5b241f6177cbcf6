import { groupBy } from '../../../src/catalogue/group-by.ts'
import type { Diary } from './diary.ts'
import type { Look, ShownCheck } from './look.ts'
import { STALE_MS } from './stale.ts'

/** What a scrape and a busy machine may take. */
const SLACK_MS = 3_000

/** Judges scrape after scrape. */
export function lookJudge(diary: Diary): (look: Look) => void {
  const counters = new Map<string, number>()
  return (look) => {
    if (look.seen === undefined) return
    judgeStates(diary, look)
    for (const check of look.seen.checks) judgeGreen(diary, look, check)
    for (const [series, value] of countersOf(look)) {
      const before = counters.get(series)
      if (before !== undefined && value < before)
        diary.complain('a counter is wrong', `${series} went from ${before} to ${value}`, series)
      counters.set(series, value)
    }
  }
}

/** A check that passes and fails at once is green to whoever asks for one of them. */
function judgeStates({ complain }: Diary, { slot, seen }: Look): void {
  for (const [name, states] of groupBy(seen?.checks ?? [], ({ check, target }) => `${check} on ${target}`)) {
    if (states.length === 1) continue
    const text = `${name} at ${slot.name} is ${states.map(({ state }) => state).join(' and ')}`
    complain('shown as passed and is not', text)
  }
}

/** Nothing stale, nothing of the future, and nothing that cannot have been seen is shown as looked at. */
function judgeGreen({ complain, blind }: Diary, { slot, at, askedAt }: Look, check: ShownCheck): void {
  if (check.state !== 'pass' && check.state !== 'fail') return
  const name = `${check.check} on ${check.target} at ${slot.name}`
  const age = askedAt - check.lastRun
  if (age > STALE_MS + SLACK_MS)
    complain('shown as passed and is not', `${name} is ${check.state} and ${age} ms old`, `old ${name}`)
  if (check.lastRun > at + SLACK_MS) {
    const text = `${name} was last run ${check.lastRun - at} ms from now`
    complain('shown as passed and is not', text, `early ${name}`)
  }
  const end = check.lastRun + check.durationMs
  const impossible = blind.find((window) => {
    if (!window.covers(check) || check.state !== 'pass') return false
    return check.lastRun > window.from && end < window.to && end < at
  })
  if (impossible === undefined) return
  const text = `${name} passed at ${new Date(check.lastRun).toISOString()}, when nobody could look`
  complain('shown as passed and is not', text, `blind ${name}`)
}

function* countersOf({ slot, life, seen }: Look): Generator<readonly [string, number]> {
  for (const [name, { type, samples }] of seen?.families ?? []) {
    if (type !== 'counter' || !name.startsWith('authwatch_')) continue
    for (const { labels, value } of samples)
      yield [`${name}${JSON.stringify(labels)} of ${slot.name}, life ${life}`, value]
  }
}
