import type { Look } from './look.ts'
import { INTERVAL_MS, type Watched } from './watched.ts'

const WANTED = [
  ['authwatch_state_up', 1],
  ['authwatch_queue_up', 1],
  ['authwatch_results_pending', 0],
  ['authwatch_database_up', 1],
] as const
const MOST_OFFSET_SECONDS = 2

/** What a scrape shows that is not as in good health; empty when all is well. */
export function troublesOf({ seen, askedAt }: Look, watched: readonly Watched[]): readonly string[] {
  if (seen === undefined) return ['no answer']
  const wrong = WANTED.flatMap(([name, wanted]) => {
    const value = seen.value(name)
    return value === wanted ? [] : [`${name} ${value}`]
  })
  const offset = seen.value('authwatch_clock_offset_seconds') ?? Number.NaN
  const off = Math.abs(offset) < MOST_OFFSET_SECONDS ? [] : [`authwatch_clock_offset_seconds ${offset}`]
  const checks = watched.flatMap(({ check, target }) => {
    const shown = seen.checks.find((each) => each.check === check && each.target === target)
    if (shown === undefined) return [`${check} on ${target} has no state`]
    if (shown.state === 'error') return [`${check} on ${target} is an error`]
    if (check === 'server.not_answering' && shown.state !== 'pass') return [`${target} does not answer`]
    const age = askedAt - shown.lastSuccess
    return age > 2 * INTERVAL_MS ? [`${check} on ${target} is ${Math.round(age)} ms old`] : []
  })
  return [...wrong, ...off, ...checks]
}
