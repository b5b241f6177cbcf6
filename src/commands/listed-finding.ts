import { findingId } from '../results/finding-id.ts'
import type { StoredFinding } from '../results/stored-result.ts'
import { longestAbout, type Waiver } from '../results/waiver.ts'

/** A finding as people and programs are shown it. Times are milliseconds since the epoch. */
export interface ListedFinding extends StoredFinding {
  /** What it is called on the command line. */
  readonly id: string
  readonly waivedUntil: number | null
}

/** @param waivers those in force */
export function listed(finding: StoredFinding, waivers: readonly Waiver[]): ListedFinding {
  const waivedUntil = longestAbout(waivers, finding)?.until ?? null
  return { id: findingId(finding), ...finding, waivedUntil }
}

/** To the minute, in UTC; nothing for what did not happen. */
export function minute(time: number | null): string {
  return time === null ? '' : new Date(time).toISOString().slice(0, 16).replace('T', ' ')
}
