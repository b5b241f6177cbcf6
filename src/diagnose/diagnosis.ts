import type { Severity } from '../catalogue/condition.ts'

/** What is to be done about a cause. Text for people, and statements for psql or a shell, values filled in. */
export interface Fix {
  readonly say: string
  /** Never run by authwatch. */
  readonly run?: readonly string[]
}

/** What a look came to: as it should be, wrong, not to be seen, or not to be looked at here. */
export type Look =
  | { readonly sign: 'good'; readonly evidence: string }
  | {
      readonly sign: 'bad'
      readonly evidence: string
      readonly severity: Severity
      /** What is wrong, as a sentence to a colleague. */
      readonly cause: string
      readonly fix: Fix
      /** Heading of the runbook. */
      readonly runbook: string
    }
  | { readonly sign: 'unknown'; readonly evidence: string }
  | { readonly sign: 'skipped'; readonly evidence: string }

/** One question of a diagnosis. `look` answers undefined when an earlier answer made the question pointless. */
export interface Step {
  readonly question: string
  look(): Look | undefined | Promise<Look | undefined>
}

/** The steps of the runbook for one complaint, in the order in which they are looked at. */
export interface Diagnosis {
  /** What is asked, as a sentence. */
  readonly title: string
  readonly steps: readonly Step[]
  /** What to look at when no step finds anything. */
  readonly otherwise: string
}

/** A step after it was looked at. */
export type Answered = Look & { readonly question: string }

export interface Report {
  readonly title: string
  readonly steps: readonly Answered[]
  /** The first of the most severe causes. Null: none was found. */
  readonly cause: Extract<Answered, { sign: 'bad' }> | null
  readonly otherwise: string
}

export const good = (evidence: string): Look => ({ sign: 'good', evidence })
export const unknown = (evidence: string): Look => ({ sign: 'unknown', evidence })
export const skipped = (evidence: string): Look => ({ sign: 'skipped', evidence })
export const bad = (found: Omit<Extract<Look, { sign: 'bad' }>, 'sign'>): Look => ({ sign: 'bad', ...found })
