import type { Look } from './look.ts'
import type { Random } from './random.ts'
import type { Watched } from './watched.ts'
import type { World } from './world.ts'

/** Of one family only one is there at a time: a server cannot be started again without its database. */
export type Family = 'worker' | 'redis' | 'state' | 'application'

export interface Fault {
  readonly name: string
  readonly family: Family
  /** What shows it, as it is written in the table; null when there is nothing to see, with the reason. */
  readonly metric: string | null
  readonly why?: string
  /** How long it may take to show. */
  readonly withinMs: number
  /** Whether workers lose what they share, and go on each by itself. */
  readonly parts?: boolean
  /** Why it cannot be made here; undefined when it can. */
  missing?(world: World): string | undefined
  begin(world: World, random: Random): Promise<Injected>
}

/** A fault that was made. */
export interface Injected {
  /** What exactly, beside the name. */
  readonly about?: string
  /** Whether the newest scrapes show it. */
  readonly shows: (looks: readonly Look[]) => boolean
  /** Checks that cannot pass meanwhile. */
  readonly blinds?: (watched: Watched) => boolean
  end(): Promise<void>
}

export const SHOWS_NOTHING = () => true

/** Whether every worker that answers shows the metric with this value, and at least one does. */
export function everyShows(metric: string, wanted: number): (looks: readonly Look[]) => boolean {
  return (looks) => {
    const answers = looks.flatMap(({ seen }) => seen ?? [])
    return answers.length > 0 && answers.every((seen) => seen.value(metric) === wanted)
  }
}

/** Whether some worker shows a check that meets it as an error. */
export function someErrs(isMeant: (watched: Watched) => boolean): (looks: readonly Look[]) => boolean {
  return (looks) =>
    looks.some(({ seen }) => seen?.checks.some((each) => each.state === 'error' && isMeant(each)) === true)
}
