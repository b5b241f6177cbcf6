import { Redis } from 'ioredis'
import { connectApplicationDatabase } from '../../database/connect.ts'
import type { Target } from '../../run/target.ts'
import { couldNotLook } from '../could-not-look.ts'
import { bad, good, type Look, type Step, skipped, unknown } from '../diagnosis.ts'
import type { BackendName } from '../plans/planned.ts'
import { sayLength } from '../say-time.ts'
import { WorkerRefusal } from '../worker-refusal.ts'

/** What a worker stands on. */
export interface Backends {
  readonly targets: readonly Target[]
  /** Null: embedded. */
  readonly stateUrl: string | null
  /** Null: the queue is in the state database. */
  readonly redisUrl: string | null
  /** Why the worker of this configuration is not ready; empty when it is. Rejects when it does not answer. */
  readonly notReady: () => Promise<readonly string[]>
  /** Milliseconds since the epoch. */
  readonly clock: () => number
}

const TIMEOUT_MS = 3_000
/** Clocks further apart break tokens and the order of results. */
const MOST_OFFSET_MS = 30_000

export function lookAtBackend(name: BackendName, backends: Backends): readonly Step[] {
  switch (name) {
    case 'databases':
      return backends.targets.map((target) => ({
        question: `Can the database ${target.name} be read?`,
        look: () => lookAtDatabase(target),
      }))
    case 'clock':
      return backends.targets.slice(0, 1).map((target) => ({
        question: `Is the clock of this host that of the database ${target.name}?`,
        look: () => lookAtClock(target, backends.clock),
      }))
    case 'state':
      return [{ question: 'Can the state database be reached?', look: () => lookAtState(backends.stateUrl) }]
    case 'queue':
      return [{ question: 'Can the queue be reached?', look: () => lookAtQueue(backends.redisUrl) }]
    case 'worker':
      return [{ question: 'Does the worker answer?', look: () => lookAtWorker(backends) }]
  }
}

async function lookAtDatabase(target: Target): Promise<Look> {
  try {
    await target.database.transaction(TIMEOUT_MS, (reader) => target.names(reader))
    return good('read, with the tables of better-auth in it')
  } catch (cause) {
    const { evidence } = couldNotLook(cause)
    const refused = /^ERR_(CREDENTIALS|PERMISSION|SCHEMA)/.test(evidence)
    return bad({
      evidence,
      severity: 'critical',
      cause: refused
        ? `The database ${target.name} answers, and refuses authwatch or shows it no tables: ${evidence}.`
        : `The database ${target.name} does not answer: nobody can sign in, unless it is only unreachable from here.`,
      fix: refused
        ? { say: 'Give the role its password and rights again.', run: ['authwatch grants'] }
        : {
            say: 'Bring it back. Do the servers reach it?',
            run: ['pg_isready -d "$DATABASE_URL"', 'authwatch probe'],
          },
      runbook: 'AuthwatchDatabaseDown',
    })
  }
}

async function lookAtClock(target: Target, clock: () => number): Promise<Look> {
  const asked = clock()
  const now = await target.database.transaction(TIMEOUT_MS, async (reader) => reader.now)
  const offset = clock() - now.getTime()
  // A look that took long says as much less.
  if (Math.abs(offset) <= MOST_OFFSET_MS + (clock() - asked)) return good(`${sayLength(offset)} apart`)
  const way = offset > 0 ? 'ahead of' : 'behind'
  return bad({
    evidence: `${sayLength(offset)} ${way} it`,
    severity: 'warning',
    cause: `The clock of this host is ${sayLength(offset)} ${way} that of the database ${target.name}: one of the two is wrong.`,
    fix: { say: 'Switch time synchronisation on where it is wrong.', run: ['timedatectl; chronyc tracking'] },
    runbook: 'AuthwatchWorkerClockOff',
  })
}

async function lookAtState(url: string | null): Promise<Look> {
  if (url === null) return skipped('it is embedded, and runs as long as its worker does')
  await using database = connectApplicationDatabase(url)
  try {
    await database.transaction(TIMEOUT_MS, async () => {})
    return good('it answers')
  } catch (cause) {
    return bad({
      evidence: couldNotLook(cause).evidence,
      severity: 'warning',
      cause:
        'The state database does not take connections: each worker runs all checks by itself, and results wait in memory.',
      fix: {
        say: 'Bring it back; if it is lost, an empty one will do.',
        run: [`psql "$STATE_DATABASE_URL" -c 'select 1'`],
      },
      runbook: 'AuthwatchStateDatabaseDown',
    })
  }
}

async function lookAtQueue(url: string | null): Promise<Look> {
  if (url === null) return skipped('it is in the state database')
  const redis = new Redis(url, {
    ...{ lazyConnect: true, connectTimeout: TIMEOUT_MS, commandTimeout: TIMEOUT_MS },
    ...{ maxRetriesPerRequest: 0, retryStrategy: () => null },
  })
  redis.on('error', () => {})
  try {
    await redis.connect()
    const policy = /maxmemory_policy:(\S+)/.exec(await redis.info('memory'))?.[1]
    if (policy === undefined || policy === 'noeviction') return good('it answers')
    return bad({
      evidence: `maxmemory-policy ${policy}`,
      severity: 'warning',
      cause: `Redis may drop jobs when its memory is full: maxmemory-policy is ${policy}.`,
      fix: {
        say: 'Set it to noeviction.',
        run: ['redis-cli -u "$REDIS_URL" config set maxmemory-policy noeviction'],
      },
      runbook: 'AuthwatchQueueStuck',
    })
  } catch {
    return bad({
      evidence: 'it does not answer, or refuses',
      severity: 'warning',
      cause: 'Redis does not answer, or refuses: workers run what is due without the queue.',
      fix: {
        say: 'Bring it back. Is it out of memory, read-only, asking for a password?',
        run: ['redis-cli -u "$REDIS_URL" ping'],
      },
      runbook: 'AuthwatchQueueDown',
    })
  } finally {
    redis.disconnect()
  }
}

async function lookAtWorker({ notReady }: Backends): Promise<Look> {
  try {
    const reasons = await notReady()
    return reasons.length === 0 ? good('it is ready') : unknown(`it is not ready: ${reasons.join(', ')}`)
  } catch (cause) {
    if (cause instanceof WorkerRefusal) return unknown(cause.message)
    return bad({
      evidence: 'it does not answer where the configuration says that it listens',
      severity: 'critical',
      cause: 'No worker answers here: it is down, listens elsewhere, or this is another host.',
      fix: {
        say: 'Start it, and read its last lines. Exit code 78 is a wrong configuration.',
        run: ['authwatch config check', 'authwatch serve'],
      },
      runbook: 'AuthwatchWorkersGone',
    })
  }
}
