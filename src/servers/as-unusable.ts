import { Refusal } from '../catalogue/probe.ts'

/** Does what another probe judges: whatever it is refused with says nothing of this one's subject. */
export async function asUnusable<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    if (cause instanceof Refusal && cause.reason !== 'rate_limited') {
      throw new Refusal('unusable_answer', cause.detail)
    }
    throw cause
  }
}
