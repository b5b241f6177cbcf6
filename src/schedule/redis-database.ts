import { Redis } from 'ioredis'

const CONNECT_TIMEOUT_MS = 2_000

/** The server has no database of the number in the URL. The message holds nothing of the URL but that number. */
export class RedisDatabaseError extends Error {
  override readonly name = 'RedisDatabaseError'
  readonly code = 'ERR_REDIS_DATABASE'
}

/**
 * Whether an error of a connection says that its database does not exist. The client goes on with database 0 then, where
 * another deployment's jobs may be.
 */
export function isMissingDatabase(error: unknown): boolean {
  if (!(error instanceof Error) || !error.message.startsWith('ERR ') || !('command' in error)) return false
  const { command } = error
  return typeof command === 'object' && command !== null && 'name' in command && command.name === 'select'
}

/** Asks the server once; one that does not answer is not judged. Throws RedisDatabaseError. */
export async function requireRedisDatabase(url: string): Promise<void> {
  const number = new URL(url).pathname.replace('/', '')
  if (number === '' || Number(number) === 0) return
  let isMissing = false
  const redis = new Redis(url, {
    ...{ lazyConnect: true, connectTimeout: CONNECT_TIMEOUT_MS, commandTimeout: CONNECT_TIMEOUT_MS },
    ...{ maxRetriesPerRequest: 0, retryStrategy: () => null },
  })
  redis.on('error', (error) => {
    isMissing ||= isMissingDatabase(error)
  })
  try {
    await redis.connect()
  } catch {
    // Workers go on without the queue, and say so.
  } finally {
    redis.disconnect()
  }
  if (isMissing)
    throw new RedisDatabaseError(
      `REDIS_URL names database ${number}, which that Redis does not have: it has as many as \`databases\` in its configuration says, 16 as a rule, and one in cluster mode; choose another number, such as /0`,
    )
}
