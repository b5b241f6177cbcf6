import type { Watched } from './watched.ts'
import type { Window } from './windows.ts'

export const INVARIANTS = [
  'a check was not run for too long',
  'a check ran twice',
  'shown as passed and is not',
  'the page is not as the metrics',
  'a counter is wrong',
  'memory grows',
  'a fault is not seen',
  'no recovery',
  'not healthy',
] as const
export type Invariant = (typeof INVARIANTS)[number]

export interface Complaint {
  readonly at: string
  readonly invariant: Invariant
  readonly text: string
  /** What was broken then. */
  readonly faults: readonly string[]
  times: number
}

/** During it, no run of the checks it covers can pass that began and ended in it. */
export interface Blind extends Window {
  covers(watched: Watched): boolean
}

/** What was done to the world, and what was wrong with the answer. */
export interface Diary {
  readonly complaints: readonly Complaint[]
  /** The same complaint is kept once, and counted. */
  complain(invariant: Invariant, text: string, about?: string): void
  /** When workers could not reach the state they share, and so had to look each for itself. */
  readonly alone: Window[]
  readonly blind: Blind[]
  /** The faults there are now. */
  readonly present: Set<string>
}

const MOST_KEPT = 200

export function openDiary(options: { readonly seed: number; readonly say: (line: string) => void }): Diary {
  const complaints = new Map<string, Complaint>()
  const present = new Set<string>()
  return {
    get complaints() {
      return [...complaints.values()]
    },
    complain(invariant, text, about = text) {
      const key = `${invariant} ${about}`
      const known = complaints.get(key)
      if (known !== undefined) {
        known.times += 1
        return
      }
      if (complaints.size >= MOST_KEPT) return
      const at = new Date().toISOString()
      complaints.set(key, { at, invariant, text, faults: [...present], times: 1 })
      const during = present.size === 0 ? 'nothing' : [...present].join(', ')
      options.say(`✗ ${invariant}: ${text} (seed ${options.seed}; broken: ${during})`)
    },
    ...{ alone: [], blind: [], present },
  }
}
