import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { isDatabaseCheck } from '../../src/catalogue/check.ts'
import { runChecks } from '../../src/commands/check.ts'
import { demoConfig } from '../../src/commands/demo-config.ts'
import { targetOptions } from '../../src/commands/target-options.ts'
import { applyBreakages, breakages } from '../../src/demo/breakages.ts'
import { runTraffic } from '../../src/demo/traffic.ts'
import { openTargets } from '../../src/run/open-target.ts'
import { type DemoCrm, startDemoCrm } from './demo-crm.ts'

// Each restart of a server takes a second of a core, and more on a busy machine.
vi.setConfig({ testTimeout: 60_000 })

let crm: DemoCrm

beforeAll(async () => {
  crm = await startDemoCrm()
}, 60_000)

afterAll(() => crm?.[Symbol.asyncDispose]())

/** What each breakage makes, counted. */
const BROKEN = `select
  (select count(*)::int from session where expires_at < now()) as expired_sessions,
  (select count(*)::int from session s where active_organization_id is not null and not exists
    (select from member m where m.user_id = s.user_id and m.organization_id = s.active_organization_id)) as foreign_sessions,
  (select count(*)::int from api_key where reference_id is null) as keys_of_nobody,
  (select count(*)::int from api_key k where reference_id is not null
    and not exists (select from "user" u where u.id = k.reference_id)) as keys_of_the_gone,
  (select count(*)::int from api_key where revoked and last_request > now() - interval '1 hour') as revoked_in_use,
  (select count(*)::int from api_key where request_count >= 0.9 * rate_limit_max) as near_limit,
  (select count(*)::int from api_key where remaining < 5) as nearly_used_up,
  (select count(*)::int from "user" u where not exists
    (select from member m where m.user_id = u.id)) as without_membership,
  (select count(*)::int from organization o where not exists
    (select from member m where m.organization_id = o.id and m.role = 'owner')) as without_owner,
  (select count(*)::int from member m where not exists
    (select from organization o where o.id = m.organization_id)) as members_of_nowhere,
  (select count(*)::int from invitation where status = 'pending' and expires_at < now()) as late_invitations,
  (select count(*)::int from (select from "user" group by lower(email) having count(*) > 1) d) as duplicates`

const HEALTHY = {
  expired_sessions: 0,
  foreign_sessions: 0,
  keys_of_nobody: 0,
  keys_of_the_gone: 0,
  revoked_in_use: 0,
  near_limit: 0,
  nearly_used_up: 0,
  without_membership: 0,
  without_owner: 0,
  members_of_nowhere: 0,
  late_invitations: 0,
  duplicates: 0,
}

/** How many rows each check finds that a breakage is made for, with the configuration that the demo writes. */
async function found(): Promise<Readonly<Record<string, unknown>>> {
  const folder = await mkdtemp(join(tmpdir(), 'authwatch-breakages-'))
  try {
    const { fleet, seeded } = crm
    // No state is kept here: the address is never opened.
    const places = { app: fleet.databaseUrl, state: fleet.databaseUrl, port: '9', folder }
    const config = await demoConfig(fleet, seeded, places)
    const made = config.checks.filter(isDatabaseCheck).filter(({ id }) => id in FOUND)
    await using targets = openTargets(targetOptions(config, Date.now))
    const results = await runChecks(made, targets)
    return Object.fromEntries(
      results.map(({ check, verdict }) => [
        check,
        'values' in verdict ? verdict.values.offenders : undefined,
      ]),
    )
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** A row for each breakage, but for the sessions. */
const FOUND: Readonly<Record<string, number>> = {
  'session.expired_backlog': 500,
  'session.active_organization_foreign': 1,
  'api_key.no_reference': 1,
  'api_key.owner_missing': 1,
  'api_key.revoked_in_use': 1,
  'api_key.near_exhaustion': 2,
  'organization.users_without_membership': 2,
  'organization.without_owner': 1,
  'organization.membership_orphaned': 1,
  'organization.invitation_expired': 1,
  'user.duplicate_email': 1,
}

test('each breakage breaks one thing that its check finds at once, and traffic goes on meanwhile', async () => {
  expect(Object.keys(FOUND).toSorted()).toEqual([...new Set(breakages.map(({ check }) => check))].toSorted())
  expect(await crm.sql(BROKEN)).toEqual([HEALTHY])
  expect(await found()).toEqual(Object.fromEntries(Object.keys(FOUND).map((check) => [check, 0])))
  const applied = await applyBreakages(crm.fleet.databaseUrl, crm.seeded)
  expect(applied).toHaveLength(breakages.length)
  const ones = Object.fromEntries(Object.keys(HEALTHY).map((key) => [key, 1]))
  expect(await crm.sql(BROKEN)).toEqual([{ ...ones, expired_sessions: 500, without_membership: 2 }])
  expect(await found()).toEqual(FOUND)

  const stop = new AbortController()
  const statuses = new Set<number | undefined>()
  let turns = 0
  await runTraffic({
    fleet: crm.fleet,
    seeded: crm.seeded,
    signal: stop.signal,
    actionsPerSecond: 100,
    onAction: ({ status }) => {
      statuses.add(status)
      turns += 1
      if (turns === 11) stop.abort()
    },
  })
  expect(statuses).toEqual(new Set([200]))
})
