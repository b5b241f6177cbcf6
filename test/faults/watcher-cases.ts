import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import type { FaultCase } from './fault-case.ts'
import { SERVERS, WORKERS, type World } from './world.ts'

const CONNECT_MS = 5_000
const CAUGHT_WITHIN_MS = 30_000
const LOCK = 'F31b lock'
const onEach = (name: string) => SERVERS.map((server) => `${name} ${server}`)

/** Faults of what the workers stand on, and of the workers themselves. */
export const watcherCases: readonly FaultCase[] = [
  {
    id: 'F31',
    title: 'The application’s database is down.',
    expected: {
      page: [
        ...['DatabaseDown crm', 'SignInErrorBudgetBurn'],
        ...['SignInUnhealthy', 'CanarySessionEnded', 'ApiAccessCanaryRefused'].flatMap(onEach),
        ...['ExtensionTokenMisjudged', 'JwksUnusable'].flatMap(onEach),
      ],
      ticket: ['CheckCannotLook']
        .flatMap(onEach)
        .flatMap((alarm) => [`${alarm} secret.auth_differs`, `${alarm} secret.extension_differs`]),
    },
    // Its cause may be looked at a moment later; nobody publishes keys, and nobody's sign-ins can be compared.
    may: /^(page: JourneySignInBroken|ticket: CheckCannotLook fleet (jwks|credential)[.])/,
    holdMs: 45_000,
    on: ({ application }) => application.stop(),
    off: ({ application }) => application.start(),
  },
  {
    id: 'F31b',
    title: 'The application’s database is slow: somebody holds a lock on the session table.',
    expected: { page: onEach('SignInUnhealthy') },
    // The servers run out of connections: which other requests hang and which fail is chance, and so is who cannot
    // look. What still waited when the lock went is answered all at once, also the tokens that have to be refused.
    may: new RegExp(
      '^(ticket: (CheckCannotLook|ExtensionTokenRejectionSpike$)' +
        '|page: (SignInErrorBudgetBurn|SignInSuccessDrop)$' +
        '|page: (JourneySignInBroken|CanarySessionEnded|ApiAccessCanaryRefused|JwksUnusable|ExtensionTokenMisjudged) )',
    ),
    holdMs: 45_000,
    on: async (world) => world.demo.fleet.attach(LOCK, await lockSessions(world)),
    off: ({ demo }) => demo.fleet.detach(LOCK),
  },
  {
    id: 'F32',
    title: 'Redis is down.',
    expected: { ticket: ['QueueDown'] },
    on: ({ redis }) => redis.stop(),
    off: ({ redis }) => redis.start(),
  },
  {
    id: 'F32b',
    title: 'Redis was flushed.',
    expected: {},
    holdMs: 30_000,
    on: ({ redis }) => redis.flush(),
    off: async () => {},
  },
  {
    id: 'F32c',
    title: 'The state database is down.',
    expected: { ticket: ['StateDatabaseDown'] },
    holdMs: 20_000,
    on: ({ state }) => state.stop(),
    off: ({ state }) => state.start(),
  },
  {
    id: 'F33',
    title: 'All workers are killed in the middle of a check, and come back at once.',
    expected: {},
    holdMs: 30_000,
    async on(world) {
      await killInTheMiddleOfACheck(world)
      await Promise.all(WORKERS.map(world.startWorker))
    },
    off: async () => {},
  },
  {
    id: 'F33b',
    title: 'One worker is killed in the middle of a check, and stays away.',
    expected: { ticket: ['WorkerDown worker-b'] },
    async on(world) {
      await killInTheMiddleOfACheck(world)
      await world.startWorker('worker-a')
    },
    off: ({ startWorker }) => startWorker('worker-b'),
  },
  {
    id: 'F33c',
    title: 'All workers are gone.',
    expected: { page: ['WorkersGone'] },
    on: async ({ worker }) => void (await Promise.all(WORKERS.map((name) => worker(name).kill()))),
    off: async ({ startWorker }) => void (await Promise.all(WORKERS.map(startWorker))),
  },
]

/** Kills every worker while a check of one of them waits for a lock. */
async function killInTheMiddleOfACheck(world: World): Promise<void> {
  await using _lock = await lockSessions(world)
  const deadline = Date.now() + CAUGHT_WITHIN_MS
  const waiting = `select count(*)::int as count from pg_stat_activity
    where application_name like 'authwatch%' and wait_event_type = 'Lock'`
  for (;;) {
    const [row] = await world.application.query('crm', waiting)
    if (Number(row?.count ?? 0) > 0) break
    if (Date.now() > deadline) throw new Error('no check was caught in the middle')
    await sleep(20)
  }
  await Promise.all(WORKERS.map((name) => world.worker(name).kill()))
}

/** Nobody reads or writes sessions until it is disposed. */
async function lockSessions({ demo }: World): Promise<AsyncDisposable> {
  const client = new pg.Client({
    connectionString: demo.databaseUrl,
    connectionTimeoutMillis: CONNECT_MS,
    query_timeout: CAUGHT_WITHIN_MS,
  })
  client.on('error', () => {})
  await client.connect()
  await client.query('begin; lock table session in access exclusive mode')
  return { [Symbol.asyncDispose]: () => client.end() }
}
