import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, inject, test, vi } from 'vitest'
import { runProbes } from '../../src/commands/probe.ts'
import { createClient } from '../../src/demo/client.ts'
import { faultOf, faults } from '../../src/demo/faults/index.ts'
import { canaryOf } from '../../src/demo/faults/roles.ts'
import { probes } from '../../src/probes/index.ts'
import { FLEET } from '../../src/run/run-probe.ts'
import { administer, databaseUrl } from '../support/bench-server.ts'
import { HEALTHY, outcome } from '../support/outcome.ts'
import { runSql } from '../support/schemas/run-sql.ts'
import { expectations } from './fault-expectations.ts'
import { soakRounds } from './soak-rounds.ts'
import { startWatchedDemo, type WatchedDemo } from './watched-demo.ts'

// Some faults restart every server, twice, which takes seconds on a busy machine.
vi.setConfig({ testTimeout: 60_000 })

const database = `fault_matrix_${randomBytes(6).toString('hex')}`
let crm: WatchedDemo

beforeAll(async () => {
  const bench = inject('benchServer')
  await administer(bench, [`create database ${database}`])
  // Without the limit on sign-ins, so that nothing has to be waited for.
  const overrides = { rateLimit: false }
  crm = await startWatchedDemo({ databaseUrl: databaseUrl(bench, database), overrides })
}, 90_000)

afterAll(async () => {
  await crm?.[Symbol.asyncDispose]()
  await administer(inject('benchServer'), [`drop database if exists ${database} with (force)`])
}, 30_000)

/** One check after the other: what one leaves behind, another would find. */
async function lookAll(ids: readonly string[]) {
  const seen = []
  for (const id of ids) seen.push([id, await crm.look(id)] as const)
  return Object.fromEntries(seen)
}

function isHealthy(outcomes: Readonly<Record<string, unknown>>): boolean {
  return Object.values(outcomes).every((each) => each === 'pass')
}

const matrix = Object.keys(expectations).map((id) => [id, faultOf(id).title] as const)
const NOT_ANSWERING = 'server.not_answering'

test('on a healthy fleet every check of the matrix passes, and all probes do ten times over', async () => {
  const ids = Object.values(expectations).flatMap((expected) => Object.keys(expected(crm.demo.seeded)))
  for (const [id, outcomes] of Object.entries(await lookAll([...new Set(ids)]))) {
    expect({ id, ...outcomes }).toSatisfy(() => isHealthy(outcomes))
  }
  const ten = { probes, fleet: crm.watched, rounds: 10, until: Date.now() + 45_000 }
  expect(await soakRounds(ten)).toMatchObject({
    rounds: 10,
    states: { fail: 0, error: 0, skipped: 0 },
    blemishes: [],
  })
})

test.each(matrix)('%s is seen as what it is: %s; and no more when it is mended', async (id) => {
  const { demo } = crm
  const fault = faultOf(id)
  const expected = { [NOT_ANSWERING]: HEALTHY, ...expectations[id]!(demo.seeded) }
  const ids = Object.keys(expected)
  await fault.on(demo)
  try {
    // New users have a second of grace.
    const timeout = id === 'F16' ? 10_000 : 0
    if (timeout > 0) await expect.poll(() => lookAll(ids), { timeout, interval: 500 }).toEqual(expected)
    else expect(await lookAll(ids)).toEqual(expected)
  } finally {
    await fault.off(demo)
  }
  expect(Object.entries(await lookAll(ids)).filter(([, outcomes]) => !isHealthy(outcomes))).toEqual([])
})

test('in a round of all probes a server that hangs costs one deadline, and is called healthy by none of them', async () => {
  const { demo, watched } = crm
  const targets = new Set([FLEET, ...watched.servers.map(({ name }) => name)])
  const fault = faultOf('F30b')
  await fault.on(demo)
  try {
    const begun = Date.now()
    const results = await runProbes(probes, watched, { targets, onDone: () => {} })
    const took = Date.now() - begun
    const others = results.filter(({ target }) => target !== 'crm-c')
    const elsewhere = others.map(({ check, target, verdict }) => `${check} ${target} ${verdict.state}`)
    expect(elsewhere.filter((each) => !each.endsWith(' pass'))).toEqual([])
    const onC = results.filter(({ target }) => target === 'crm-c')
    const states = onC.map(({ check, verdict }) => [check, [outcome(verdict)].flat().join()])
    expect(Object.fromEntries(states)).toEqual({
      ...Object.fromEntries(states.map(([check]) => [check, 'error ERR_TIMEOUT'])),
      [NOT_ANSWERING]: 'ok: timeout',
      // There is no TLS to look at.
      'tls.expiring': 'pass',
    })
    expect(onC.find(({ check }) => check === 'debug.open')?.verdict).toMatchObject({
      message: expect.stringContaining('timeout (not asked after server.not_answering)'),
    })
    // Five seconds for the first, and what the probes of the fleet take; one after the other they took over a minute.
    expect(took).toBeLessThan(25_000)
  } finally {
    await fault.off(demo)
  }
})

test('F24 shows in who cannot be asked: others have used up the limit that the probe shares', async () => {
  const { demo, look } = crm
  await demo.fleet.restart('crm-c', { rateLimit: true })
  const fault = faultOf('F24')
  try {
    await signInsOfThree()
    expect(await look('sign_in.unhealthy')).toEqual(HEALTHY)
    await fault.on(demo)
    expect(await look('sign_in.unhealthy')).toEqual(HEALTHY)
    await signInsOfThree()
    const shared = { ...HEALTHY, 'crm-c': 'error ERR_RATE_LIMITED' }
    expect(await look('sign_in.unhealthy')).toEqual(shared)
    expect(await look(NOT_ANSWERING)).toEqual(HEALTHY)
    await fault.off(demo)
    await signInsOfThree()
    expect(await look('sign_in.unhealthy')).toEqual(HEALTHY)
  } finally {
    await demo.fleet.restart('crm-c', { rateLimit: false })
  }
})

/** As many as better-auth allows one address in ten seconds, each from an address of its own. */
async function signInsOfThree(): Promise<void> {
  for (const address of ['198.19.1.1', '198.19.1.2', '198.19.1.3']) {
    await signInOnC(address, {
      email: 'nobody@example.invalid',
      password: randomBytes(12).toString('base64url'),
    })
  }
}

async function signInOnC(address: string, json: { readonly email: string; readonly password: string }) {
  const { url, settings } = crm.demo.fleet.server('crm-c')
  const client = createClient({ origin: settings.trustedOrigins[0]!, address })
  return (await client.call(`${url}/api/auth/sign-in/email`, { json })).status
}

test('F24 shows in the sessions that its server makes, although the others make theirs as they should', async () => {
  const { demo, look } = crm
  const { users, password } = demo.seeded
  const clientsSignIn = async () => {
    const statuses = users
      .filter(({ id }) => id !== canaryOf(demo.seeded).user.id)
      .slice(0, 20)
      .map(({ email }, index) => signInOnC(`198.19.2.${index + 1}`, { email, password }))
    expect(new Set(await Promise.all(statuses))).toEqual(new Set([200]))
  }
  const fault = faultOf('F24')
  await fault.on(demo)
  try {
    expect(await look('session.client_address_missing')).toEqual({ crm: 'pass' })
    await clientsSignIn()
    // Beside them are 17 sessions with an address, and the canary's, which counts nowhere.
    const keys = Array.from({ length: 20 }, () => expect.any(String))
    expect(await look('session.client_address_missing')).toEqual({ crm: keys })
  } finally {
    await fault.off(demo)
  }
  await runSql(
    demo.databaseUrl,
    `delete from session where created_at > now() - interval '1 hour' and ip_address = ''`,
  )
  await clientsSignIn()
  expect(await look('session.client_address_missing')).toEqual({ crm: 'pass' })
})

test('every fault of the outside view and of the rows has its line', () => {
  const told = new Set([...Object.keys(expectations), 'F24'])
  // What is counted, not looked at: expired rows need a threshold, spikes need traffic.
  const counted = new Set(['F01', 'F26', 'F27', 'F27b', 'F28', 'F29'])
  expect(faults.map(({ id }) => id).filter((id) => !told.has(id) && !counted.has(id))).toEqual([])
})
