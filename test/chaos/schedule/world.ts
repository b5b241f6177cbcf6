import { catalogue } from '../../../src/commands/catalogue.ts'
import { type Fleet, startFleet } from '../../../src/demo/fleet.ts'
import { type OwnServer, ownServer } from '../../commands/own-server.ts'
import { type RedisPair, redisPair } from './redis-pair.ts'
import { type SmallDisk, smallDisk } from './small-disk.ts'
import { openSlot, type WorkerSlot } from './worker-slot.ts'

/** The shortest that a configuration may say. */
export const INTERVAL_MS = 10_000
/** A shared scan, another one, a query, a look at the schema. */
const CHECKS = ['session.population', 'user.population', 'session.user_missing', 'schema.index_missing']
const PROBES = ['server.not_answering']
const TARGET = 'crm'
const SERVERS = ['crm-a', 'crm-b']
/** Short, so that a lease which a killed worker leaves behind ends before the tick after the next. */
const CHECK_TIMEOUT = '1s'
const PROBE_TIMEOUT = '2s'
/** Little log is kept ahead, so that a full disk is felt soon. Nothing here has to outlast the machine. */
const STATE_SETTINGS = { max_wal_size: '32MB', min_wal_size: '32MB', fsync: 'off' }

export interface Watched {
  readonly check: string
  readonly target: string
}

/** Everything that can be broken, each part real. */
export interface World extends AsyncDisposable {
  readonly fleet: Fleet
  readonly application: OwnServer
  readonly state: OwnServer
  /** Where the state database is; undefined where none could be made, and then it is on the machine's own. */
  readonly disk: SmallDisk | undefined
  readonly redis: RedisPair
  readonly slots: readonly WorkerSlot[]
  readonly watched: readonly Watched[]
  /** Asks the state database itself, past what leads to it. */
  askState: OwnServer['query']
}

/** Starts all of it: some ten seconds on two cores. */
export async function startWorld(options: {
  readonly workers: number
  readonly servers: number
}): Promise<World> {
  const opened: AsyncDisposable[] = []
  const keep = <T extends AsyncDisposable>(thing: T): T => {
    opened.push(thing)
    return thing
  }
  const close = async () => {
    for (const thing of opened.splice(0).toReversed()) await thing[Symbol.asyncDispose]()
  }
  try {
    const disk = await smallDisk()
    if (disk !== undefined) keep(disk)
    const directory = disk === undefined ? {} : { directory: disk.path }
    const application = keep(await ownServer([TARGET], { settings: { fsync: 'off' } }))
    const state = keep(await ownServer(['authwatch'], { settings: STATE_SETTINGS, ...directory }))
    const redis = keep(await redisPair())
    const names = SERVERS.slice(0, options.servers)
    const overrides = { rateLimit: false }
    const fleet = keep(await startFleet({ databaseUrl: application.url(TARGET), names, overrides }))
    const env = {
      DATABASE_URL: application.url(TARGET),
      STATE_DATABASE_URL: state.url('authwatch'),
      REDIS_URL: redis.url,
    }
    const slots: WorkerSlot[] = []
    for (let index = 0; index < options.workers; index += 1)
      slots.push(keep(await openSlot({ name: `worker-${index + 1}`, env, config: configOf(fleet) })))
    await Promise.all(slots.map((slot) => slot.start()))
    const parts = { fleet, application, state, disk, redis, slots, watched: watchedBy(names) }
    return { ...parts, askState: (database, sql) => state.query(database, sql), [Symbol.asyncDispose]: close }
  } catch (cause) {
    await close()
    throw cause
  }
}

function configOf(fleet: Fleet): Readonly<Record<string, unknown>> {
  const pace = (id: string) => {
    if (CHECKS.includes(id)) return { every: `${INTERVAL_MS / 1_000}s`, timeout: CHECK_TIMEOUT }
    if (PROBES.includes(id)) return { every: `${INTERVAL_MS / 1_000}s`, timeout: PROBE_TIMEOUT }
    return { enabled: false }
  }
  return {
    databases: [{ name: TARGET }],
    servers: fleet.servers.map(({ name, url, publicUrl }) => ({ name, url, publicUrl })),
    checks: Object.fromEntries(catalogue.map(({ id }) => [id, pace(id)])),
  }
}

function watchedBy(servers: readonly string[]): readonly Watched[] {
  return [
    ...CHECKS.map((check) => ({ check, target: TARGET })),
    ...PROBES.flatMap((check) => servers.map((target) => ({ check, target }))),
  ]
}

export const isProbe = ({ check }: Watched): boolean => PROBES.includes(check)
