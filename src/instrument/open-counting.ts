import { type ApplicationFailure, applicationFailures } from '../events/vocabulary.ts'
import type { AuthOptionsLike } from './auth-like.ts'
import { checkOptions, configuredProviders, type InstrumentOptions, safely } from './instrument-options.ts'
import { createRecorder, type Recorder } from './recorder.ts'
import { openSinks } from './sinks/event-sinks.ts'

/** For how long a server that shuts down waits for its last events to be delivered. */
const CLOSE_TIMEOUT_MS = 5_000

/** What an application does with its counting. None of these throws, and all can be taken out of their object. */
export interface CountingControls extends AsyncDisposable {
  /** Counts what better-auth never sees, because the application itself refuses: a tenant, an extension token. */
  readonly recordAuthFailure: (reason: ApplicationFailure) => void
  /** Delivers now. True when all that was counted before the call is at the worker. */
  readonly flush: () => Promise<boolean>
  /**
   * Delivers what is left, for at most 5 s, and stops. To be awaited when the server shuts down; without it, what
   * came after the last batch is lost. True when all was delivered.
   */
  readonly close: () => Promise<boolean>
}

export interface Counting {
  readonly recorder: Recorder
  readonly providers: ReturnType<typeof configuredProviders>
  readonly controls: CountingControls
}

/** @throws TypeError for options that can never work */
export function openCounting(options: InstrumentOptions, authOptions: AuthOptionsLike): Counting {
  checkOptions(options)
  const onError = safely(options.onError)
  const providers = configuredProviders(options, authOptions)
  const { all, push } = openSinks(options, providers, onError)
  const recorder = createRecorder(all, onError)
  const close = async () => {
    await recorder.settle()
    return push?.close(CLOSE_TIMEOUT_MS) ?? true
  }
  const controls: CountingControls = {
    recordAuthFailure: (reason) => recorder.guard(() => recordFailure(recorder, reason)),
    async flush() {
      await recorder.settle()
      return push?.flush() ?? true
    },
    close,
    async [Symbol.asyncDispose]() {
      await close()
    },
  }
  return { recorder, providers, controls }
}

function recordFailure(recorder: Recorder, reason: ApplicationFailure): void {
  // A caller without types may say anything.
  if (!Object.hasOwn(applicationFailures, reason)) throw new RangeError('Not a reason that can be recorded.')
  const operation = applicationFailures[reason]
  recorder.record({ operation, verdict: { outcome: 'rejected', reason }, seconds: undefined })
}
