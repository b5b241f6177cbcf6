import type { CheckId } from '../catalogue/naming.ts'

/** A finding that somebody decided to live with for a while. Times are milliseconds since the epoch. */
export interface Waiver {
  readonly id: string
  readonly check: CheckId
  /** Null: on every target. */
  readonly target: string | null
  readonly key: string
  readonly reason: string
  readonly by: string
  readonly createdAt: number
  readonly until: number
  /** Null unless somebody ended it before its time. */
  readonly endedAt: number | null
  readonly endedBy: string | null
}

export type NewWaiver = Pick<Waiver, 'check' | 'target' | 'key' | 'reason' | 'by' | 'until'>

/** More than people decide about one by one; what is waived in bulk wants another threshold. */
export const MAX_WAIVERS = 1_000

/** Decisions to live with a finding. As `StateStore`: in time, and only StateError. */
export interface WaiverStore {
  /** Those in force at this instant, newest first; `ended` adds those that are over. At most `MAX_WAIVERS`. */
  list(options: { readonly at: Date; readonly ended?: boolean }): Promise<readonly Waiver[]>
  /** Replaces the one in force for the same offender. Undefined when that would make more than `MAX_WAIVERS`. */
  add(waiver: NewWaiver): Promise<Waiver | undefined>
  /** Ends it now; false when it was over already. */
  end(options: { readonly id: string; readonly by: string }): Promise<boolean>
}

/** What a waiver can be about. */
export interface Offender extends Pick<Waiver, 'check' | 'key'> {
  readonly target: string
}

/** Of these waivers, the one about this offender that lasts longest. */
export function longestAbout(waivers: readonly Waiver[], offender: Offender): Waiver | undefined {
  const about = waivers.filter((waiver) => isAbout(waiver, offender))
  return about.reduce<Waiver | undefined>(
    (longest, waiver) => (longest !== undefined && longest.until >= waiver.until ? longest : waiver),
    undefined,
  )
}

/** Whether it is about this offender. Says nothing of its time. */
export function isAbout(waiver: Pick<Waiver, 'check' | 'target' | 'key'>, offender: Offender): boolean {
  const sameTarget = waiver.target === null || waiver.target === offender.target
  return sameTarget && waiver.check === offender.check && waiver.key === offender.key
}
