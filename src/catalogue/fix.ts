import type { Sql } from 'sql-template-tag'
import type { Moment } from './check.ts'

/** A change that is right for every offender of a check, whoever it is: it takes no decision. */
export type RowFix = {
  /** What the change brings about for people, and what it cannot undo. */
  readonly effect: string
} & (
  | { readonly action: 'delete' }
  /** New values by better-auth's column names; where there is no `updatedAt` it is left out. */
  | { readonly action: 'set'; readonly set: (moment: Pick<Moment, 'asOf'>) => Readonly<Record<string, Sql>> }
)

/** What mends a failed check: a change of the offending rows, or what a person has to decide before anything is changed. */
export type Fix = RowFix | { readonly decide: string }

export function isRowFix(fix: Fix | undefined): fix is RowFix {
  return fix !== undefined && 'action' in fix
}
