import { setTimeout as sleep } from 'node:timers/promises'
import { everyShows, type Fault, type Injected, SHOWS_NOTHING } from './fault.ts'
import type { World } from './world.ts'

/** Looked at every five seconds, and given up after two; what only refuses jobs is found at a tick. */
const WITHIN_MS = 15_000
/** There and back it is more than the queue waits for. */
const SLOW_MS = 1_300
const FLUSH_EVERY_MS = 50
const UNREPLICATED_MS = 2_500

const queueDown = everyShows('authwatch_queue_up', 0)

function fault(name: string, begin: (world: World) => Promise<() => Promise<void>>): Fault {
  return {
    ...{ name, family: 'redis', metric: 'authwatch_queue_up 0', withinMs: WITHIN_MS },
    begin: async (world): Promise<Injected> => ({ shows: queueDown, end: await begin(world) }),
  }
}

export const redisFaults: readonly Fault[] = [
  fault('Redis stopped', async ({ redis }) => {
    await redis.inCharge().stop()
    return () => redis.inCharge().start()
  }),
  fault('Redis hangs', async ({ redis }) => {
    redis.inCharge().pause()
    return async () => redis.inCharge().resume()
  }),
  fault('Redis slow', async ({ redis: { route } }) => {
    route.slow(SLOW_MS)
    return async () => route.slow(0)
  }),
  fault('Redis full', async ({ redis }) => {
    const server = redis.inCharge()
    await server.command('CONFIG SET maxmemory 1')
    return async () => void (await server.command('CONFIG SET maxmemory 0'))
  }),
  fault('Redis failed over, behind in replication', async ({ redis }) => {
    redis.stopReplication()
    await sleep(UNREPLICATED_MS)
    await redis.inCharge().kill()
    return () => redis.failOver()
  }),
  {
    ...{ name: 'Redis flushed, again and again', family: 'redis', metric: null, withinMs: WITHIN_MS },
    why: 'Jobs are taken as they come; one that is lost is run all the same, and counted in authwatch_queue_bypassed_runs_total.',
    async begin({ redis }) {
      const ending = new AbortController()
      const flushing = (async () => {
        while (!ending.signal.aborted) {
          await redis.inCharge().flush()
          await sleep(FLUSH_EVERY_MS)
        }
      })()
      flushing.catch(() => {})
      return {
        shows: SHOWS_NOTHING,
        end: async () => {
          ending.abort()
          await flushing
        },
      }
    },
  },
]
