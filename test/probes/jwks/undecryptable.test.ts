import { symmetricEncrypt } from 'better-auth/crypto'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { defaultPolicy } from '../../../src/catalogue/policy.ts'
import { signingKeys } from '../../../src/database/signing-keys.ts'
import { jwksUndecryptable } from '../../../src/probes/jwks/undecryptable.ts'
import { openTarget } from '../../../src/run/open-target.ts'
import { testDatabase } from '../../support/database.ts'
import { outcome } from '../../support/outcome.ts'
import { type ProbeFleet, startProbeFleet } from '../../support/probe-fleet.ts'

// Each restart of a server takes a second of a core, and more on a busy machine.
vi.setConfig({ testTimeout: 60_000 })

let probes: ProbeFleet

beforeAll(async () => {
  probes = await startProbeFleet({ names: ['crm-a'] })
}, 60_000)

afterAll(() => probes?.[Symbol.asyncDispose]())

const run = (changes = {}) => probes.run(jwksUndecryptable, 'fleet', changes)

/** The verdict on the keys of another database. */
async function runOn(url: string) {
  await using target = openTarget({ name: 'app', url, policy: defaultPolicy, overrides: {}, clock: Date.now })
  return await run({ signingKeys: signingKeys(target) })
}

test('a key that better-auth made with another secret is named, until it is made anew', async () => {
  expect(await run()).toMatchObject({ state: 'pass', values: { undecryptable: 0, unknown: 0 } })

  await probes.sql('delete from jwks')
  await probes.fleet.restart('crm-a', { secret: 'another-secret-another-secret-another' })
  await fetch(`${probes.fleet.server('crm-a').url}/api/auth/jwks`)
  await probes.fleet.restart('crm-a', { secret: probes.fleet.secrets.auth })
  const [{ id } = {}] = await probes.sql('select id from jwks')
  const cookie = `__Secure-better-auth-session=${probes.canary.session}`
  const signedIn = () =>
    fetch(`${probes.fleet.server('crm-a').url}/api/auth/get-session`, { headers: { cookie } })
  expect((await signedIn()).status).toBe(500)

  expect(await run()).toMatchObject({
    state: 'fail',
    severity: 'critical',
    values: { decryptable: 0, undecryptable: 1, unknown: 0 },
    findings: [{ key: `decrypt/${id}`, detail: { reason: 'undecryptable', algorithm: 'EdDSA' } }],
  })

  await probes.sql('delete from jwks')
  expect(await run()).toEqual({
    state: 'pass',
    values: { offenders: 0, decryptable: 0, undecryptable: 0, unknown: 0 },
  })
  expect((await signedIn()).status).toBe(200)
  expect(await run()).toMatchObject({ state: 'pass', values: { decryptable: 1, undecryptable: 0 } })
})

test('only the newest unexpired key of an algorithm signs; the age is that of the newest', async () => {
  await using db = await testDatabase('prismaPascal', { settings: { TimeZone: 'America/New_York' } })
  const hoursAgo = (hours: number) => new Date(Date.now() - hours * 3_600_000)
  const encrypted = async (secret: string) =>
    JSON.stringify(await symmetricEncrypt({ key: secret, data: '{"kty":"OKP"}' }))
  const good = await encrypted(probes.fleet.secrets.auth)
  const bad = await encrypted('another-secret-another-secret-another')

  await db.insert('jwks', { privateKey: bad, createdAt: hoursAgo(50) })
  await db.insert('jwks', { privateKey: good, createdAt: hoursAgo(2) })
  await db.insert('jwks', { privateKey: bad, createdAt: hoursAgo(1), expiresAt: hoursAgo(0.5) })
  const verdict = await runOn(db.url)
  expect(verdict).toMatchObject({ state: 'pass', values: { decryptable: 1, undecryptable: 1 } })
  const age = 'values' in verdict ? verdict.values.age : null
  expect(Math.abs((age ?? 0) - 7_200)).toBeLessThan(60)

  const id = await db.insert('jwks', { privateKey: bad, createdAt: hoursAgo(3), alg: 'RS256' })
  expect(outcome(await runOn(db.url))).toEqual([`decrypt/${id}: undecryptable`])
})

test('a key without encryption is usable, and one under versioned secrets is not called wrong', async () => {
  await using db = await testDatabase('camelCase')
  await db.insert('jwks', { privateKey: '{"kty":"OKP","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"}' })
  expect(await runOn(db.url)).toMatchObject({ state: 'pass', values: { decryptable: 1 } })

  const versioned = async (value: string) => {
    const key = { keys: new Map([[2, value]]), currentVersion: 2 }
    return JSON.stringify(await symmetricEncrypt({ key, data: '{"kty":"OKP"}' }))
  }
  await db.query('delete from jwks')
  await db.insert('jwks', { privateKey: await versioned(probes.fleet.secrets.auth) })
  expect(await runOn(db.url)).toMatchObject({ state: 'pass', values: { decryptable: 1, unknown: 0 } })
  await db.query('delete from jwks')
  await db.insert('jwks', { privateKey: await versioned('another-secret-another-secret-another') })
  expect(await runOn(db.url)).toMatchObject({ state: 'pass', values: { decryptable: 0, unknown: 1 } })
})

test.each(['olderApiKey', 'snakeCase', 'otherSchema'] as const)(
  'the keys of a %s database are found',
  async (naming) => {
    await using db = await testDatabase(naming)
    const privateKey = JSON.stringify(await symmetricEncrypt({ key: probes.fleet.secrets.auth, data: '{}' }))
    await db.insert('jwks', { privateKey })
    expect(await runOn(db.url)).toMatchObject({ state: 'pass', values: { decryptable: 1 } })
  },
)

test('a role that may not read the private key cannot look', async () => {
  await using db = await testDatabase('camelCase')
  await db.insert('jwks')
  const url = await db.readOnlyUrl()
  const role = new URL(url).username
  await db.query(`revoke select on jwks from ${role}`)
  await db.query(`grant select (id, "publicKey", "createdAt", "expiresAt", alg, crv) on jwks to ${role}`)
  expect(await runOn(url)).toMatchObject({
    state: 'error',
    code: 'ERR_PERMISSION',
    message: expect.stringContaining('jwks.privateKey'),
  })
})

test('it is skipped without the secret, without a database, and without the jwt plugin', async () => {
  expect(outcome(await run({ secrets: {} }))).toBe('skipped')
  expect(outcome(await run({ signingKeys: undefined }))).toBe('skipped')
  await using db = await testDatabase('camelCase')
  await db.query('drop table jwks')
  expect(await runOn(db.url)).toEqual({
    state: 'skipped',
    reason: 'this database has no jwks table: the jwt plugin is not in use',
  })
})
