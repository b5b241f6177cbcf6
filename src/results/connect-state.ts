import { PrismaPg } from '@prisma/adapter-pg'
import { commitTogether } from './commit-together.ts'
import { eventStore } from './event-store.ts'
import { findFindings } from './find-findings.ts'
import { PrismaClient } from './generated/client.ts'
import { listStoredFindings } from './list-findings.ts'
import { readChanges } from './read-changes.ts'
import { readRecentRuns } from './recent-runs.ts'
import { claimedUnits, claimRun, releaseRuns } from './run-lease.ts'
import { type Save, saveResults } from './save-results.ts'
import { connectionConfig, type StateAddress } from './state-address.ts'
import { stateError } from './state-error.ts'
import type { StateStore } from './state-store.ts'
import { waiverStore } from './waiver-store.ts'
import { withinDeadline } from './within-deadline.ts'

const MAX_CONNECTIONS = 4
/** Each limit is longer than the one before it, so that the one who knows the reason speaks first. */
const STATEMENT_TIMEOUT_MS = 5_000
const SILENCE_MS = 6_000
const CALL_TIMEOUT_MS = 8_000
/** Shorter than the silence that cuts a connection, so that idle ones are closed and not cut. */
const IDLE_MS = 5_000
/** Units in one transaction at most: enough to share its cost, too few for its locks to be long. */
const MAX_GROUP = 32
const TRANSACTION = { maxWait: 3_000, timeout: SILENCE_MS }

/** Opens nothing yet: the first call connects. The schema must be up to date: see `migrate`. */
export function connectState(address: StateAddress): StateStore {
  const limits = { statementTimeoutMs: STATEMENT_TIMEOUT_MS, silenceMs: SILENCE_MS }
  const config = { ...connectionConfig(address, limits), max: MAX_CONNECTIONS, idleTimeoutMillis: IDLE_MS }
  const adapter = new PrismaPg(config, { schema: address.schema })
  const db = new PrismaClient({ adapter, errorFormat: 'minimal' })

  async function call<T>(work: Promise<T>, timeoutMs = CALL_TIMEOUT_MS): Promise<T> {
    try {
      return await withinDeadline(timeoutMs, work)
    } catch (cause) {
      throw stateError(cause)
    }
  }

  const save = commitTogether<Save>({
    next: ofDifferentChecks,
    commit: (group) => call(db.$transaction((tx) => saveResults(tx, group), TRANSACTION)),
  })

  return {
    async save(results, options) {
      if (results.length > 0) await call(save({ ...options, results }))
    },
    changesSince: (revision) => call(readChanges(db, revision)),
    claim: (run) => call(claimRun(db, run)),
    release: (run) => call(releaseRuns(db, [run])),
    claimedSince: (tick) => call(claimedUnits(db, tick)),
    findings: (filter) => call(listStoredFindings(db, filter)),
    recentRuns: (perCheck) => call(readRecentRuns(db, perCheck)),
    findingsNamed: (prefix) => call(findFindings(db, prefix)),
    waivers: waiverStore(db, (work) => call(work)),
    events: eventStore(db, (work) => call(work)),
    now: async (timeoutMs) => {
      const asked = db.$queryRaw<{ now: Date }[]>`select clock_timestamp() as now`
      const [answer] = await call(asked, Math.min(timeoutMs, CALL_TIMEOUT_MS))
      return answer!.now
    },
    async [Symbol.asyncDispose]() {
      // A server that hangs does not say goodbye; its connections are cut later.
      await withinDeadline(CALL_TIMEOUT_MS, db.$disconnect()).catch(() => {})
    },
  }
}

/** The oldest, but of each check on a target one only: the transaction could not tell which of two came first. */
function ofDifferentChecks(waiting: readonly Save[]): readonly Save[] {
  const seen = new Set<string>()
  const group: Save[] = []
  for (const save of waiting) {
    const names = save.results.map(({ target, check }) => `${target}/${check}`)
    if (names.some((name) => seen.has(name))) continue
    for (const name of names) seen.add(name)
    group.push(save)
    if (group.length === MAX_GROUP) break
  }
  return group
}
