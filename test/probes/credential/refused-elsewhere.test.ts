import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { matrixCells } from '../../../src/catalogue/matrix.ts'
import { credentialRefusedElsewhere } from '../../../src/probes/credential/refused-elsewhere.ts'
import { outcome } from '../../support/outcome.ts'
import { type ProbeFleet, startProbeFleet } from '../../support/probe-fleet.ts'
import { valuesOf } from '../../support/run-check.ts'
import { whileChanged } from '../../support/while-changed.ts'

// Each restart of a server takes a second of a core.
vi.setConfig({ testTimeout: 60_000 })

const OTHER = 'another-secret-another-secret-another'

let probes: ProbeFleet
let sessions: number

beforeAll(async () => {
  probes = await startProbeFleet({
    names: ['crm-a', 'crm-b', 'crm-c', 'crm-d'],
    overrides: { rateLimit: false },
  })
  sessions = await probes.sessions()
}, 60_000)

afterAll(() => probes?.[Symbol.asyncDispose]())

afterEach(async () => {
  expect(await probes.sessions(), 'the probe left sessions behind').toBe(sessions)
})

/** The fleet without the servers named. */
const without = (...names: readonly string[]) => {
  return { servers: probes.watched.servers.filter(({ name }) => !names.includes(name)) }
}
const run = (changes = {}) => probes.run(credentialRefusedElsewhere, 'fleet', changes)

/** `minted_on → verified_on` of each cell of a kind with this value. */
async function cells(kind: string, value: number, changes = {}): Promise<readonly string[]> {
  return matrixCells(valuesOf(await run(changes)))
    .filter((cell) => cell.labels.kind === kind && cell.value === value)
    .map(({ labels }) => `${labels.minted_on} → ${labels.verified_on}`)
    .toSorted()
}

test('on a healthy fleet each session made on three servers is accepted by all, and so is the token', async () => {
  expect(outcome(await run())).toBe('pass')
  expect(await cells('session', 1, without('crm-d'))).toEqual([
    ...['crm-a → crm-a', 'crm-a → crm-b', 'crm-a → crm-c'],
    ...['crm-b → crm-a', 'crm-b → crm-b', 'crm-b → crm-c'],
    ...['crm-c → crm-a', 'crm-c → crm-b', 'crm-c → crm-c'],
  ])
  const accepted = await cells('session', 1)
  expect(accepted).toHaveLength(12)
  expect(new Set(accepted.map((cell) => cell.slice(0, 5))).size).toBe(3)
  expect(await cells('extension_token', 1)).toEqual([
    'authwatch → crm-a',
    'authwatch → crm-b',
    'authwatch → crm-c',
    'authwatch → crm-d',
  ])
})

test('another secret: one server of three is odd, two of four are a tie, two of three outvote the third', async () => {
  await probes.whilePatched('crm-b', { secret: OTHER }, async () => {
    expect(await run(without('crm-d'))).toMatchObject({
      state: 'fail',
      severity: 'critical',
      findings: [
        { key: 'session/crm-b', detail: { reason: 'refused', server: 'crm-b', others: 'crm-a, crm-c' } },
      ],
    })
    expect(await cells('session', 0, without('crm-d'))).toEqual([
      ...['crm-a → crm-b', 'crm-b → crm-a', 'crm-b → crm-b'],
      ...['crm-b → crm-c', 'crm-c → crm-b'],
    ])
    expect(await run(without('crm-c', 'crm-d'))).toMatchObject({
      findings: [{ key: 'session/tie', detail: { reason: 'tie', groups: 'crm-a | crm-b' } }],
    })
    await probes.whilePatched('crm-c', { secret: OTHER }, async () => {
      // Whoever is first, the second sign-in is on a server that refused the first.
      for (let round = 0; round < 4; round += 1) {
        const [finding] = await findings()
        expect(finding).toMatchObject({ key: 'session/tie', detail: { reason: 'tie' } })
        expect(finding?.detail.groups?.split(' | ').toSorted()).toEqual(['crm-a, crm-d', 'crm-b, crm-c'])
      }
      expect(outcome(await run(without('crm-d')))).toEqual(['session/crm-a: refused'])
    })
  })
  expect(outcome(await run())).toBe('pass')
})

async function findings(changes = {}) {
  const verdict = await run(changes)
  return verdict.state === 'fail' ? verdict.findings : []
}

test('another cookie name and another token secret name their servers, a failing sign-in does not', async () => {
  const changes = {
    'crm-b': { nodeEnv: 'development' },
    'crm-c': { failSignIn: true },
    'crm-d': { extensionTokenSecret: OTHER },
  } as const
  await whileChanged(probes, changes, async () => {
    expect(outcome(await run())).toEqual(['extension_token/crm-d: refused', 'session/crm-b: refused'])
    expect(await cells('extension_token', 0)).toEqual(['authwatch → crm-d'])
    expect(outcome(await run({ secrets: {} }))).toEqual(['session/crm-b: refused'])
  })
})

test('servers that are down or hang are left out, and the others judged', async () => {
  await probes.fleet.stop('crm-c')
  expect(outcome(await run())).toBe('pass')
  await whileChanged(probes, { 'crm-b': { secret: OTHER }, 'crm-d': { hang: true } }, async () => {
    const begun = Date.now()
    expect(outcome(await run())).toEqual(['session/tie: tie'])
    expect(Date.now() - begun).toBeLessThan(9_000)
    expect(outcome(await run(without('crm-b')))).toMatch(/^error/)
    expect(outcome(await run(without('crm-b', 'crm-c', 'crm-d')))).toBe('pass')
  })
  await probes.fleet.restart('crm-c')
})

test('when nobody can sign in, there is nothing to compare', async () => {
  const account = { email: probes.canary.email, password: 'mistyped' }
  const { canaries } = probes.watched
  const verdict = await run({ canaries: { ...canaries, account } })
  expect(verdict).toMatchObject({ state: 'error', code: 'ERR_UNREACHABLE' })
  expect(verdict).toMatchObject({ message: expect.stringContaining('INVALID_EMAIL_OR_PASSWORD') })
})
