import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { matrixKey } from '../../../src/catalogue/matrix.ts'
import { fingerprint } from '../../../src/instrument/attestation/fingerprint.ts'
import { attestationSecretMismatch as check } from '../../../src/probes/attestation/secret-mismatch.ts'
import { secretFingerprint } from '../../../src/servers/fleet/secret-fingerprint.ts'
import { attestedFleet, faults, only } from './attested-fleet.ts'

vi.setConfig({ testTimeout: 60_000 })

let fleet: Awaited<ReturnType<typeof attestedFleet>>
beforeAll(async () => {
  fleet = await attestedFleet()
})
afterAll(async () => fleet?.[Symbol.asyncDispose]())

const other = () => randomBytes(32).toString('base64')
const cell = (secret: string, server: string) => matrixKey({ secret, server })

test('both sides make the same fingerprint', () => {
  const options = { name: 'auth', secret: other(), challenge: randomBytes(32) }
  expect(secretFingerprint(options)).toBe(fingerprint(options))
})

test('servers that share their secrets pass, with and without the expected ones', async () => {
  const verdict = await fleet.run(check)
  expect(verdict).toMatchObject({ state: 'pass', values: { offenders: 0, differing: 0 } })
  for (const server of ['crm-a', 'crm-b', 'crm-c']) {
    expect(verdict).toMatchObject({
      values: { [cell('auth', server)]: 0, [cell('extension_token', server)]: 0 },
    })
  }
  expect(await fleet.compare(check)).toMatchObject({ state: 'pass', values: { differing: 0 } })
})

test('a server with another secret is named with the secret, and nothing of the secret is', async () => {
  const secret = other()
  await fleet.it.whilePatched('crm-b', { secret }, async () => {
    for (const verdict of [await fleet.run(check), await fleet.compare(check)]) {
      expect(verdict).toMatchObject({
        state: 'fail',
        severity: 'critical',
        summary: 'Secret mismatch across servers',
        values: { differing: 1, [cell('auth', 'crm-b')]: 1, [cell('auth', 'crm-a')]: 0 },
      })
      expect(faults(verdict)).toEqual(['compare/auth/crm-b differs'])
      const said = JSON.stringify(verdict)
      for (const hidden of [secret, fleet.it.fleet.secrets.auth]) expect(said).not.toContain(hidden)
      expect(said).not.toMatch(/[0-9a-f]{64}/)
    }
  })
  expect((await fleet.run(check)).state).toBe('pass')
})

test('the other secret is told apart from the first', async () => {
  await fleet.it.whilePatched('crm-c', { extensionTokenSecret: other() }, async () => {
    expect(faults(await fleet.compare(check))).toEqual(['compare/extension_token/crm-c differs'])
  })
})

test('all servers hold another secret than the expected one', async () => {
  const secrets = { ...fleet.it.watched.secrets, auth: other() }
  const attested = { ...secrets, attestationToken: fleet.token }
  expect(faults(await fleet.run(check, { secrets: attested }))).toEqual([
    'compare/auth/crm-a differs',
    'compare/auth/crm-b differs',
    'compare/auth/crm-c differs',
  ])
})

test('of two servers that differ none is called right, unless the expected secret is known', async () => {
  await fleet.it.whilePatched('crm-b', { secret: other() }, async () => {
    const two = only(fleet.it, 'crm-a', 'crm-b')
    expect(faults(await fleet.compare(check, two))).toEqual([
      'compare/auth/crm-a tie',
      'compare/auth/crm-b tie',
    ])
    expect(faults(await fleet.run(check, two))).toEqual(['compare/auth/crm-b differs'])
  })
})

test('a server that is down keeps the others from nothing; one alone has nothing to differ from', async () => {
  const [first] = fleet.it.watched.servers
  const down = fleet.it.behind('crm-b', 'http://127.0.0.1:9')
  expect((await fleet.compare(check, down)).state).toBe('pass')
  const alone = { servers: [first!, { ...first!, name: 'gone', url: 'http://127.0.0.1:9' }] }
  expect(await fleet.compare(check, alone)).toMatchObject({ state: 'error', code: 'ERR_UNREACHABLE' })
})

test('a server that refuses the token or has no attestation is a fault of its own, and a lesser one', async () => {
  const wrong = { attestationToken: other() }
  await fleet.it.whilePatched('crm-a', wrong, async () => {
    const verdict = await fleet.run(check)
    expect(faults(verdict)).toEqual(['attest/crm-a token_refused'])
    expect(verdict).toMatchObject({ severity: 'warning', values: { differing: 0 } })
  })
  await fleet.it.whilePatched('crm-a', { attestationToken: undefined }, async () => {
    expect(faults(await fleet.run(check))).toEqual(['attest/crm-a not_mounted'])
  })
})

test('without a route or a token it is skipped', async () => {
  const { watched } = fleet.it
  expect(await fleet.it.run(check, 'fleet')).toEqual({
    state: 'skipped',
    reason: 'no attestation is configured (routes.attestation, AUTHWATCH_ATTESTATION_TOKEN)',
  })
  expect(await fleet.run(check, { secrets: watched.secrets })).toMatchObject({ state: 'skipped' })
})
