import { type NetworkReason, Refusal, type Trace } from '../catalogue/probe.ts'
import { networkFailure } from '../servers/network-failure.ts'

/** One step of one run, as metrics and findings tell it. */
export interface StepRecord {
  readonly step: string
  /** Which of several runs of the step: a server, an origin. Empty for the only one. */
  readonly about: string
  readonly seconds: number
  /** Null when it went well. */
  readonly reason: string | null
  readonly detail: Readonly<Record<string, string>>
}

export interface RecordingTrace<S extends string, R extends string> extends Trace<S, R> {
  readonly records: readonly StepRecord[]
}

function failureOf(cause: unknown): { reason: string; detail: Readonly<Record<string, string>> } | undefined {
  if (cause instanceof Refusal) return cause
  const failure = networkFailure(cause)
  if (failure === undefined) return undefined
  const reason: NetworkReason = failure.reason
  return { reason, detail: failure.detail }
}

export function recordingTrace<S extends string, R extends string>(): RecordingTrace<S, R> {
  const records: StepRecord[] = []

  const timed = async <T>(step: string, about: string, work: () => Promise<T>): Promise<T> => {
    const begun = performance.now()
    const seconds = () => (performance.now() - begun) / 1000
    try {
      const value = await work()
      records.push({ step, about, seconds: seconds(), reason: null, detail: {} })
      return value
    } catch (cause) {
      const failure = failureOf(cause)
      if (failure === undefined) throw cause
      records.push({ step, about, seconds: seconds(), reason: failure.reason, detail: failure.detail })
      throw cause
    }
  }

  return {
    records,
    step: (step, work) => timed(step, '', work),
    attempt: (step, about, work) =>
      timed(step, about, work).catch((cause: unknown) => {
        if (failureOf(cause) === undefined) throw cause
        return undefined
      }),
    fail: (step, reason, detail = {}) => {
      records.push({ step, about: '', seconds: 0, reason, detail })
    },
  }
}
