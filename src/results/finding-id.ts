import { createHash } from 'node:crypto'
import type { CheckId } from '../catalogue/naming.ts'

export interface OffenderName {
  readonly check: CheckId
  readonly target: string
  readonly key: string
}

/** Hexadecimal digits: forty bits, so that two of ten thousand offenders share a name once in twenty thousand states. */
const LENGTH = 10

/** What a person calls an offender by: the same on every run, worker and day. */
export function findingId({ check, target, key }: OffenderName): string {
  return createHash('sha256').update(`${check}\n${target}\n${key}`).digest('hex').slice(0, LENGTH)
}
