/** A worker that has not answered after this long is down, as for Prometheus. */
const TIMEOUT_MS = 3_000

/** What a worker serves there; undefined when it does not answer, or nobody is there. */
export async function fetchText(worker: string | undefined, path: string): Promise<string | undefined> {
  if (worker === undefined) return undefined
  try {
    const answer = await fetch(`${worker}${path}`, { signal: AbortSignal.timeout(TIMEOUT_MS) })
    return answer.ok ? await answer.text() : undefined
  } catch {
    return undefined
  }
}
