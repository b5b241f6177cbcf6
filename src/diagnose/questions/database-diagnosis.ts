import type { Target } from '../../run/target.ts'
import type { Diagnosis, Step } from '../diagnosis.ts'
import { type Around, type Reading, readDatabase } from '../facts/reading.ts'

export interface DatabaseDiagnosis<Facts> {
  readonly title: string
  readonly otherwise: string
  readonly target: Target
  read(reading: Reading): Promise<Facts>
  steps(facts: Facts, around: Around): readonly Step[]
  /** What can be said without the database. */
  readonly before?: readonly Step[]
}

/** Reads first and asks then, so that each step is a function of what was read. Never throws for the database. */
export async function databaseDiagnosis<Facts>(spec: DatabaseDiagnosis<Facts>): Promise<Diagnosis> {
  const { title, otherwise, target, before = [] } = spec
  const steps = await readDatabase(target, async (reading) => {
    return spec.steps(await spec.read(reading), reading)
  }).catch((cause: unknown): readonly Step[] => [
    { question: 'Can the database be read?', look: () => Promise.reject(cause) },
  ])
  return { title, otherwise, steps: [...before, ...steps] }
}
