import { type Fleet, startFleet } from '../../../src/demo/fleet.ts'
import { type OwnServer, ownServer } from '../../commands/own-server.ts'
import { openTogether } from '../../support/open-together.ts'
import { type RedisPair, redisPair } from './redis-pair.ts'
import { type SmallDisk, smallDisk } from './small-disk.ts'
import { TARGET, type Watched, watchConfig, watchedOn } from './watched.ts'
import { openSlot, type WorkerSlot } from './worker-slot.ts'

const SERVERS = ['crm-a', 'crm-b']
/** The state's database; where there is no Redis, the queue has a schema in it too. */
export const STATE_NAME = 'authwatch'
/** No checkpoint that nobody asked for makes old log new again, with which a server goes on although its disk is full. */
const STATE_SETTINGS = { max_wal_size: '160MB', min_wal_size: '32MB', fsync: 'off' }

/** Where the jobs are. */
export const QUEUES = ['redis', 'postgres'] as const
export type QueueName = (typeof QUEUES)[number]

/** Everything that can be broken, each part real. */
export interface World extends AsyncDisposable {
  readonly fleet: Fleet
  readonly application: OwnServer
  readonly state: OwnServer
  /** Where the state database is; undefined where none could be made, and then it is on the machine's own. */
  readonly disk: SmallDisk | undefined
  /** Undefined where the queue is in PostgreSQL. */
  readonly redis: RedisPair | undefined
  readonly slots: readonly WorkerSlot[]
  readonly watched: readonly Watched[]
  /** Asks the state database itself, past what leads to it. */
  askState: OwnServer['query']
}

/** Starts all of it: some ten seconds on two cores. */
export async function startWorld(options: {
  readonly workers: number
  readonly servers: number
  readonly queue: QueueName
}): Promise<World> {
  return await openTogether(async (keep) => {
    const disk = await smallDisk()
    if (disk !== undefined) keep(disk)
    const directory = disk === undefined ? {} : { directory: disk.path }
    const application = keep(await ownServer([TARGET], { settings: { fsync: 'off' } }))
    const state = keep(await ownServer([STATE_NAME], { settings: STATE_SETTINGS, ...directory }))
    const redis = options.queue === 'redis' ? keep(await redisPair()) : undefined
    const names = SERVERS.slice(0, options.servers)
    const overrides = { rateLimit: false }
    const fleet = keep(await startFleet({ databaseUrl: application.url(TARGET), names, overrides }))
    const env = {
      DATABASE_URL: application.url(TARGET),
      STATE_DATABASE_URL: state.url(STATE_NAME),
      ...(redis === undefined ? {} : { REDIS_URL: redis.url }),
    }
    const config = watchConfig(fleet.servers)
    const slots: WorkerSlot[] = []
    for (let index = 0; index < options.workers; index += 1)
      slots.push(keep(await openSlot({ name: `worker-${index + 1}`, env, config })))
    await Promise.all(slots.map((slot) => slot.start()))
    const askState: World['askState'] = (database, sql) => state.query(database, sql)
    return { fleet, application, state, disk, redis, slots, watched: watchedOn(names), askState }
  })
}
