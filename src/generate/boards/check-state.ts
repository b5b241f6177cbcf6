import type { ValueMapping } from '@grafana/grafana-foundation-sdk/dashboard'
import type { Check } from '../../catalogue/check.ts'
import { colours, stateColours } from './palette.ts'
import { words } from './table-panel.ts'

/** States in one number, the worst the greatest: where workers disagree for a moment, the worst is shown. */
const CODES = { pass: 1, skipped: 2, error: 3, fail: 4 } as const

/** One series for each of `by`, whose value is the code of the state that is the case. */
export function stateCode({ by, matchers }: { readonly by: string; readonly matchers: string }): string {
  const coded = Object.entries(CODES).map(
    ([state, code]) => `${code} * authwatch_check_state{state="${state}",${matchers}}`,
  )
  // What is not the case is 0, and a check whose every state is 0 is none.
  return `max by (${by}) (\n  ${coded.join('\n  or ')}\n) > 0`
}

export const stateWords: ValueMapping = words({
  '1': { text: 'pass', colour: stateColours.pass },
  '2': { text: 'skipped', colour: stateColours.skipped },
  '3': { text: 'could not look', colour: stateColours.error },
  '4': { text: 'fail', colour: stateColours.fail },
})

/** Of what was asked and answered yes or no. */
export const yesWords: ValueMapping = words({
  '0': { text: 'no', colour: colours.bad },
  '1': { text: 'yes', colour: colours.good },
})

/**
 * Adds a label with the heading of the check's runbook section: its id without what separates words. PromQL replaces
 * once at a time, so as often as the longest of the ids needs it.
 */
export function withRunbook(expr: string, checks: readonly Check[]): string {
  const separators = Math.max(0, ...checks.map(({ id }) => id.split(/[._]/).length - 1))
  const named = `label_replace(${expr}, "runbook", "authwatch$1", "check", "(.+)")`
  return Array.from({ length: separators }).reduce<string>(
    (inner) => `label_replace(${inner}, "runbook", "$1$2", "runbook", "(.*)[._](.*)")`,
    named,
  )
}
