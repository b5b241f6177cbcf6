import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { matrixCells } from '../../../src/catalogue/matrix.ts'
import { clockSkewed } from '../../../src/probes/clock/skewed.ts'
import { passingTo, startFront } from '../../support/front.ts'
import { outcome } from '../../support/outcome.ts'
import { type ProbeFleet, startProbeFleet } from '../../support/probe-fleet.ts'

// Each restart of a server takes a second of a core, and more on a busy machine.
vi.setConfig({ testTimeout: 60_000 })

let probes: ProbeFleet

beforeAll(async () => {
  probes = await startProbeFleet()
}, 60_000)

afterAll(() => probes?.[Symbol.asyncDispose]())

const FIVE_MINUTES = 300_000
const run = (changes = {}) => probes.run(clockSkewed, 'fleet', changes)
const only = (...names: readonly string[]) => ({
  servers: probes.watched.servers.filter(({ name }) => names.includes(name)),
})

async function skews() {
  const verdict = await run()
  const cells = 'values' in verdict ? matrixCells(verdict.values) : []
  return Object.fromEntries(cells.map(({ labels, value }) => [labels.server ?? '', value]))
}

test('clocks in step have no skew beyond the second that the header cuts off', async () => {
  expect(outcome(await run())).toBe('pass')
  const measured = await skews()
  expect(Object.keys(measured)).toEqual(['crm-a', 'crm-b', 'crm-c'])
  for (const skew of Object.values(measured)) expect(Math.abs(skew)).toBeLessThan(1.5)
})

test('a server that is five minutes ahead is named; against the worker alone it stays undecided', async () => {
  await probes.whilePatched('crm-b', { clockOffsetMs: FIVE_MINUTES }, async () => {
    expect(await run()).toMatchObject({
      state: 'fail',
      severity: 'warning',
      findings: [
        {
          key: 'compare/crm-b',
          detail: { step: 'compare', reason: 'ahead', seconds: expect.stringMatching(/^(299|300|301)$/) },
        },
      ],
    })
    const { 'crm-a': sound, 'crm-b': ahead } = await skews()
    expect(Math.abs(sound ?? Number.NaN)).toBeLessThan(1.5)
    expect(Math.abs((ahead ?? Number.NaN) - 300)).toBeLessThan(1.5)
    expect(outcome(await run(only('crm-b')))).toEqual(['compare/crm-b: undecided'])
    expect(outcome(await run(only('crm-a')))).toBe('pass')
  })
})

test('a server that is five minutes behind is named, and when all are, the worker is', async () => {
  await probes.fleet.restart('crm-b', { clockOffsetMs: -FIVE_MINUTES })
  expect(outcome(await run())).toEqual(['compare/crm-b: behind'])

  await probes.fleet.restart('crm-c', { clockOffsetMs: -FIVE_MINUTES })
  expect(outcome(await run())).toEqual(['compare/crm-b: undecided', 'compare/crm-c: undecided'])

  await probes.fleet.restart('crm-a', { clockOffsetMs: -FIVE_MINUTES })
  expect(await run()).toMatchObject({
    findings: [
      {
        key: 'worker',
        detail: { reason: 'worker_clock', seconds: expect.stringMatching(/^(299|300|301)$/) },
      },
    ],
  })
  for (const skew of Object.values(await skews())) expect(Math.abs(skew)).toBeLessThan(1.5)

  await Promise.all(
    ['crm-a', 'crm-b', 'crm-c'].map((name) => probes.fleet.restart(name, { clockOffsetMs: 0 })),
  )
  expect(outcome(await run())).toBe('pass')
})

test('a slow answer is no skew', async () => {
  const { url } = probes.fleet.server('crm-b')
  const pass = passingTo(url, (lines) => lines)
  await using front = await startFront((request, response) => {
    setTimeout(() => pass(request, response), 1_500)
  })
  expect(outcome(await run(probes.behind('crm-b', front.url)))).toBe('pass')
})

test('a server that is down keeps no other from being judged, and without a date nothing can be said', async () => {
  await probes.fleet.stop('crm-c')
  expect(outcome(await run())).toBe('pass')
  expect(outcome(await run(only('crm-c')))).toBe('error ERR_UNREACHABLE')
  await using front = await startFront((_, response) => {
    response.sendDate = false
    response.end()
  })
  const [server] = probes.watched.servers
  expect(outcome(await run({ servers: [{ ...server, url: front.url }] }))).toBe('error ERR_UNREACHABLE')
})
