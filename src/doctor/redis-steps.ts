import { Redis } from 'ioredis'
import { failing, passed, type Step, unknown } from './step.ts'

const TIMEOUT_MS = 3_000
/** The oldest that BullMQ 6 works with. */
const OLDEST_MAJOR = 5
/** How Redis refuses a number that is too high, and any in cluster mode. */
const NO_DATABASE = /^ERR (DB index|invalid DB index|SELECT is not allowed)/
const NO_SUCH_DATABASE = failing('queue.reach', 'critical', {
  seen: 'Redis has no database of the number in REDIS_URL',
  advice: 'choose another number, such as /0; no worker starts with this one',
})

/** Whether the Redis of the queue keeps what it is given. */
export async function redisSteps(url: string): Promise<readonly Step[]> {
  const redis = new Redis(url, {
    lazyConnect: true,
    connectTimeout: TIMEOUT_MS,
    commandTimeout: TIMEOUT_MS,
    maxRetriesPerRequest: 0,
    enableOfflineQueue: false,
    retryStrategy: () => null,
  })
  let hasNoSuch = false
  redis.on('error', ({ message }) => {
    hasNoSuch ||= NO_DATABASE.test(message)
  })
  try {
    await redis.connect()
    if (hasNoSuch) return [NO_SUCH_DATABASE]
    const facts = factsOf(await redis.info())
    // Providers often forbid it; `info` tells of the append-only file all the same.
    const save = await redis.config('GET', 'save').catch(() => undefined)
    return [reachStep(facts), evictionStep(facts), persistenceStep(facts, save)]
  } catch (cause) {
    return [
      failing('queue.reach', 'critical', {
        seen: `Redis does not answer (${wordOf(cause)})`,
        advice: 'mend REDIS_URL or the server; until then each worker runs every check by itself',
      }),
    ]
  } finally {
    redis.disconnect()
  }
}

/** Messages of the driver can quote the URL's password. */
function wordOf(cause: unknown): string {
  const refused = cause instanceof Error && /^(WRONGPASS|NOAUTH|NOPERM)/.exec(cause.message)?.[1]
  if (typeof refused === 'string') return refused
  return cause instanceof Error && 'code' in cause ? String(cause.code) : 'no connection'
}

function factsOf(info: string): ReadonlyMap<string, string> {
  const lines = info.split('\r\n').map((line) => line.split(':'))
  return new Map(
    lines.flatMap(([name, ...value]) => (name && value.length > 0 ? [[name, value.join(':')]] : [])),
  )
}

type Facts = ReadonlyMap<string, string>

function reachStep(facts: Facts): Step {
  const version = facts.get('redis_version') ?? ''
  if (Number.parseInt(version, 10) < OLDEST_MAJOR)
    return failing('queue.reach', 'critical', {
      seen: `Redis ${version} is too old`,
      advice: `use ${OLDEST_MAJOR} or newer`,
    })
  if (facts.get('role') === 'slave')
    return failing('queue.reach', 'critical', {
      seen: 'this Redis is a replica, which takes no jobs',
      advice: 'point REDIS_URL at the primary',
    })
  return passed('queue.reach', `Redis ${version} answers`)
}

function evictionStep(facts: Facts): Step {
  const policy = facts.get('maxmemory_policy')
  if (policy === undefined)
    return unknown('queue.eviction', 'Redis does not tell its eviction policy', 'look at maxmemory-policy')
  if (policy === 'noeviction') return passed('queue.eviction', 'no job is evicted (noeviction)')
  return failing('queue.eviction', 'warning', {
    seen: `maxmemory-policy is ${policy}: jobs may vanish when memory is short`,
    advice: 'config set maxmemory-policy noeviction, and the same in redis.conf',
  })
}

/** No schedule is stored in the queue, so what a restart loses is run at the next tick. */
function persistenceStep(facts: Facts, save: unknown): Step {
  const snapshots = Array.isArray(save) ? String(save[1] ?? '') !== '' : undefined
  const appends = facts.get('aof_enabled') === '1'
  if (appends || snapshots === true)
    return facts.get('rdb_last_bgsave_status') === 'err' && !appends
      ? failing('queue.persistence', 'warning', {
          seen: 'the last snapshot failed',
          advice: 'look at its disk and memory',
        })
      : passed('queue.persistence', appends ? 'it writes an append-only file' : 'it writes snapshots')
  if (snapshots === undefined)
    return passed('queue.persistence', 'no append-only file; snapshots may not be asked for')
  return failing('queue.persistence', 'info', {
    seen: 'Redis keeps nothing over a restart',
    advice: 'appendonly yes; without it the jobs of one tick are lost and run at the next',
  })
}
