import { setTimeout as sleep } from 'node:timers/promises'
import { againAndAgain } from './again-and-again.ts'
import { everyShows, type Fault, type Injected, SHOWS_NOTHING } from './fault.ts'
import type { RedisPair } from './redis-pair.ts'
import type { World } from './world.ts'

/** Looked at every five seconds, and given up after two; what only refuses jobs is found at a tick. */
const WITHIN_MS = 15_000
/** There and back it is more than the queue waits for. */
const SLOW_MS = 1_300
const FLUSH_EVERY_MS = 50
const UNREPLICATED_MS = 2_500

const queueDown = everyShows('authwatch_queue_up', 0)

function redisOf({ redis }: World): RedisPair {
  if (redis === undefined) throw new Error('There is no Redis in this world.')
  return redis
}

const common: Pick<Fault, 'family' | 'withinMs' | 'missing'> = {
  ...{ family: 'redis', withinMs: WITHIN_MS },
  missing: ({ redis }) => (redis === undefined ? 'the queue is not in Redis' : undefined),
}

function fault(name: string, begin: (redis: RedisPair) => Promise<() => Promise<void>>): Fault {
  return {
    ...{ ...common, name, metric: 'authwatch_queue_up 0' },
    begin: async (world): Promise<Injected> => ({ shows: queueDown, end: await begin(redisOf(world)) }),
  }
}

export const redisFaults: readonly Fault[] = [
  fault('Redis stopped', async (redis) => {
    await redis.inCharge().stop()
    return () => redis.inCharge().start()
  }),
  fault('Redis hangs', async (redis) => {
    redis.inCharge().pause()
    return async () => redis.inCharge().resume()
  }),
  fault('Redis slow', async ({ route }) => {
    route.slow(SLOW_MS)
    return async () => route.slow(0)
  }),
  fault('Redis full', async (redis) => {
    const server = redis.inCharge()
    await server.command('CONFIG SET maxmemory 1')
    return async () => void (await server.command('CONFIG SET maxmemory 0'))
  }),
  fault('Redis failed over, behind in replication', async (redis) => {
    redis.stopReplication()
    await sleep(UNREPLICATED_MS)
    await redis.inCharge().kill()
    return () => redis.failOver()
  }),
  {
    ...{ ...common, name: 'Redis flushed, again and again', metric: null },
    why: 'Jobs are taken as they come; one that is lost is run all the same, and counted in authwatch_queue_bypassed_runs_total.',
    async begin(world) {
      const end = againAndAgain(FLUSH_EVERY_MS, () => redisOf(world).inCharge().flush())
      return { shows: SHOWS_NOTHING, end }
    },
  },
]
