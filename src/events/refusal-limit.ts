/** Refusals that are answered as such before the answer is to wait, and how many more come free each second. */
const BURST = 20
const PER_SECOND = 5

/**
 * Counts wrong tokens. Gives the seconds the client is told to wait, or 0 for a plain refusal. One bucket for all
 * clients: it needs no memory for each address, which attackers choose, and no client with the right token meets it.
 * It does not keep anyone from guessing: the length of a token does.
 */
export function refusalLimit(now: () => number): () => number {
  let left = BURST
  let last = now()
  return () => {
    const at = now()
    left = Math.min(BURST, left + (Math.max(0, at - last) / 1000) * PER_SECOND)
    last = at
    if (left < 1) return Math.ceil((1 - left) / PER_SECOND)
    left -= 1
    return 0
  }
}
