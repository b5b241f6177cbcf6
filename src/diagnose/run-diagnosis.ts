import { gravestFirst } from '../catalogue/condition.ts'
import { couldNotLook } from './could-not-look.ts'
import type { Answered, Diagnosis, Look, Report, Step } from './diagnosis.ts'

/** Longer than any probe or statement may take: for what has no limit of its own. */
const STEP_MS = 45_000
/** Steps of a diagnosis; a person reads them at night. */
const MAX_STEPS = 60

type Bad = Extract<Answered, { sign: 'bad' }>

export interface DiagnosisRun {
  /** Told of each step as soon as it is answered. */
  readonly onStep?: (step: Answered) => void
  /** Given up between two steps when it is aborted. */
  readonly stop?: AbortSignal
}

/** Looks at one step after the other. Never throws for what a step meets: what cannot be seen is `unknown`. */
export async function runDiagnosis(diagnosis: Diagnosis, run: DiagnosisRun = {}): Promise<Report> {
  const steps: Answered[] = []
  for (const step of diagnosis.steps.slice(0, MAX_STEPS)) {
    if (run.stop?.aborted === true) break
    const look = await answer(step)
    if (look === undefined) continue
    const answered = { question: step.question, ...look }
    steps.push(answered)
    run.onStep?.(answered)
  }
  const { title, otherwise } = diagnosis
  return { title, steps, cause: firstCause(steps), otherwise }
}

/** Of several causes the most severe, and of those the one that the runbook asks for first. */
function firstCause(steps: readonly Answered[]): Bad | null {
  const found = steps.filter((step): step is Bad => step.sign === 'bad')
  return found.toSorted((a, b) => gravestFirst(a.severity, b.severity))[0] ?? null
}

async function answer(step: Step): Promise<Look | undefined> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<Look>((resolve) => {
    const seconds = STEP_MS / 1_000
    timer = setTimeout(() => resolve({ sign: 'unknown', evidence: `no answer within ${seconds} s` }), STEP_MS)
  })
  try {
    return await Promise.race([Promise.resolve().then(() => step.look()), late])
  } catch (cause) {
    return couldNotLook(cause)
  } finally {
    clearTimeout(timer)
  }
}
