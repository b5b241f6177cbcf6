import { StateError } from './state-error.ts'

/** Rejects when the work is not done in time. The work itself is not stopped: its connection has a limit of its own. */
export async function withinDeadline<T>(timeoutMs: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const expired = new Promise<never>((_, reject) => {
    const late = () =>
      reject(
        new StateError('ERR_STATE_UNREACHABLE', `the state database did not answer within ${timeoutMs} ms`),
      )
    timer = setTimeout(late, timeoutMs)
  })
  try {
    return await Promise.race([work, expired])
  } finally {
    clearTimeout(timer)
  }
}
