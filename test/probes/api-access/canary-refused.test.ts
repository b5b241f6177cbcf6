import { createHash, randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { matrixCells } from '../../../src/catalogue/matrix.ts'
import { apiAccessCanaryRefused } from '../../../src/probes/api-access/canary-refused.ts'
import { HEALTHY, outcome, outcomes } from '../../support/outcome.ts'
import { type ProbeFleet, startProbeFleet } from '../../support/probe-fleet.ts'
import { valuesOf } from '../../support/run-check.ts'

let probes: ProbeFleet

beforeAll(async () => {
  probes = await startProbeFleet()
}, 60_000)

afterAll(() => probes?.[Symbol.asyncDispose]())

const on = (server: string, changes = {}) => probes.run(apiAccessCanaryRefused, server, changes)

/** Uses of the canary's key that its limiter has counted. */
async function uses(): Promise<number> {
  const [row] = await probes.sql('select request_count from api_key where id = $1', [probes.canary.apiKeyId])
  return Number(row?.request_count)
}

/** A key like the canary's with these columns changed, and the configuration that uses it. */
async function keyWith(columns: Readonly<Record<string, unknown>>) {
  const apiKey = randomBytes(32).toString('hex')
  const id = randomBytes(8).toString('hex')
  // As better-auth stores keys.
  const key = createHash('sha256').update(apiKey).digest('base64url')
  await probes.sql(
    'insert into api_key select (jsonb_populate_record(k, $1)).* from api_key k where id = $2',
    [JSON.stringify({ id, key, request_count: 0, ...columns }), probes.canary.apiKeyId],
  )
  return { changes: { canaries: { ...probes.watched.canaries, apiKey } } }
}

test('a good key opens its organization and no other on every server, and each request counts once', async () => {
  const before = await uses()
  expect(await outcomes(probes, apiAccessCanaryRefused)).toEqual(HEALTHY)
  expect(await uses()).toBe(before + 6)
  const { foreignTenant, ...canaries } = probes.watched.canaries
  expect(outcome(await on('crm-b', { canaries }))).toBe('pass')
  expect(await uses()).toBe(before + 7)
  expect(matrixCells(valuesOf(await on('crm-b')))).toEqual([
    { labels: { kind: 'api_key', minted_on: 'database', verified_on: 'crm-b' }, value: 1 },
  ])
})

test.each([
  ['revoked', { revoked: true }],
  ['disabled', { enabled: false }],
  ['expired', { expires_at: '2026-01-01T00:00:00Z' }],
  ['used up', { remaining: 0 }],
  ['at its limit', { request_count: 10, rate_limit_max: 10, last_request: new Date().toISOString() }],
])('a key that is %s is refused as a key', async (_, columns) => {
  const healthy = await keyWith({})
  expect(outcome(await on('crm-a', healthy.changes))).toBe('pass')
  const { changes } = await keyWith(columns)
  expect(outcome(await on('crm-a', changes))).toEqual(['own_tenant: key_refused'])
  const verdict = await on('crm-b', changes)
  expect(verdict).toMatchObject({ state: 'fail', severity: 'critical', findings: [{ key: 'own_tenant' }] })
  expect(matrixCells(valuesOf(verdict))).toMatchObject([{ value: 0 }])
})

test('a key whose owner has left the organization is told from a bad key, and one that opens another is told', async () => {
  const { canary } = probes
  const move = 'update member set organization_id = $1 where user_id = $2'
  await probes.sql(
    `insert into organization (id, name, slug, created_at) values ('third', 'third', 'third', now())`,
  )
  await probes.sql(move, ['third', canary.userId])
  expect(outcome(await on('crm-a'))).toEqual(['own_tenant: tenant_refused'])
  await probes.sql(move, [canary.tenantId, canary.userId])
  await probes.sql(
    `insert into member (id, organization_id, user_id, role, created_at) values ('guest', $1, $2, 'member', now())`,
    [canary.foreignTenantId, canary.userId],
  )
  expect(outcome(await on('crm-a'))).toEqual(['foreign_tenant: foreign_tenant_accepted'])
  await probes.sql(`delete from member where id = 'guest'`)
  expect(outcome(await on('crm-a'))).toBe('pass')
})

test('a wrong route is told, and a server that is down could not be looked at', async () => {
  const routes = { ...probes.watched.routes, tenant: '/healthz' }
  expect(outcome(await on('crm-a', { routes }))).toEqual(['foreign_tenant: foreign_tenant_accepted'])
  await probes.fleet.stop('crm-c')
  expect(outcome(await on('crm-c'))).toBe('error ERR_UNREACHABLE')
  await probes.fleet.restart('crm-c')
})
