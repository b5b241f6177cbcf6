import { Refusal } from '../catalogue/probe.ts'

/** Reasons by which somebody knows what to do, whichever probe meets them. */
const SAYS_WHY: ReadonlySet<string> = new Set(['rate_limited', 'captcha_required'])

/** Does what another probe judges: whatever it is refused with says nothing of this one's subject. */
export async function asUnusable<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    if (cause instanceof Refusal && !SAYS_WHY.has(cause.reason)) {
      throw new Refusal('unusable_answer', cause.detail)
    }
    throw cause
  }
}
