export interface Limits {
  /** Ends the work, too, when it aborts; the reason is passed on. */
  readonly signal: AbortSignal
  /** Milliseconds that the work may take. */
  readonly ms: number
}

/**
 * Does work with a signal that aborts when the given one does or, with a TimeoutError, when its time is over.
 *
 * In place of `AbortSignal.any`, which holds a timeout that it is given weakly: after a garbage collection that never
 * fires (https://github.com/nodejs/node/issues/57736).
 */
export async function withTimeoutSignal<T>(
  { signal, ms }: Limits,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const ending = new AbortController()
  const late = () => ending.abort(new DOMException(`It took longer than ${ms} ms.`, 'TimeoutError'))
  const passOn = () => ending.abort(signal.reason)
  const timer = setTimeout(late, ms)
  signal.addEventListener('abort', passOn, { once: true })
  if (signal.aborted) passOn()
  try {
    return await work(ending.signal)
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', passOn)
  }
}
