import pLimit from 'p-limit'

/** Servers that are asked at the same time: their answers share a processor here, and their times are measured. */
export const SERVERS_AT_ONCE = 64

/** Does the work for every server, for 64 at once, and says of each what it came to, in their order. */
export async function eachServer<S, T>(
  servers: readonly S[],
  work: (server: S) => Promise<T>,
): Promise<readonly PromiseSettledResult<T>[]> {
  const limit = pLimit(SERVERS_AT_ONCE)
  return Promise.allSettled(servers.map((server) => limit(() => work(server))))
}
