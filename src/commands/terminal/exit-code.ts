import type { Result } from '../../catalogue/result.ts'
import { exitCodes } from './terminal.ts'

/** What a script needs to know, in one number: a certain fault weighs more than a doubt, and a doubt more than none. */
export function exitCodeOf(results: readonly Result[]): number {
  const verdicts = results.map(({ verdict }) => verdict)
  const fails = (severity: string) =>
    verdicts.some((each) => each.state === 'fail' && each.severity === severity)
  if (fails('critical')) return exitCodes.critical
  if (verdicts.some(({ state }) => state === 'error')) return exitCodes.couldNotLook
  return fails('warning') ? exitCodes.warning : exitCodes.pass
}
