import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, inject, test, vi } from 'vitest'
import { migrate } from '../../../src/demo/migrate.ts'
import { jwksDiffers } from '../../../src/probes/jwks/differs.ts'
import { administer, databaseUrl } from '../../support/bench-server.ts'
import { always, startFront } from '../../support/front.ts'
import { outcome } from '../../support/outcome.ts'
import { type ProbeFleet, startProbeFleet } from '../../support/probe-fleet.ts'

const other = `probes_other_${randomBytes(6).toString('hex')}`
// Each restart of a server takes a second of a core, and more on a busy machine.
vi.setConfig({ testTimeout: 60_000 })

let probes: ProbeFleet

beforeAll(async () => {
  probes = await startProbeFleet()
  await administer(inject('benchServer'), [`create database ${other}`])
  const { settings } = probes.fleet.server('crm-b')
  await migrate({ ...settings, databaseUrl: databaseUrl(inject('benchServer'), other) })
}, 60_000)

afterAll(async () => {
  await probes?.[Symbol.asyncDispose]()
  await administer(inject('benchServer'), [`drop database if exists ${other} with (force)`])
})

const run = async (changes = {}) => outcome(await probes.run(jwksDiffers, 'fleet', changes))

test('a server over another database is named, and in an even split both sides are', async () => {
  expect(await run()).toBe('pass')
  const patch = { databaseUrl: databaseUrl(inject('benchServer'), other) }
  await probes.whilePatched('crm-b', patch, async () => {
    expect(await probes.run(jwksDiffers, 'fleet')).toMatchObject({ state: 'fail', severity: 'critical' })
    expect(await run()).toEqual(['compare/crm-b: differs'])
    const two = probes.watched.servers.filter(({ name }) => name !== 'crm-c')
    const tie = ['compare/crm-a: tie', 'compare/crm-b: tie']
    expect(await run({ servers: two })).toEqual(tie)
    await using silent = await startFront(() => {})
    expect(await run(probes.behind('crm-c', silent.url))).toEqual(tie)
  })
  expect(await run()).toBe('pass')
})

test('a key that is made while the servers are asked is no difference', async () => {
  for (let round = 0; round < 5; round += 1) {
    // Whoever is asked first then makes one, and several may at once.
    await probes.sql('delete from jwks')
    expect(await run()).toBe('pass')
  }
})

test('a server without the jwt plugin among others that have it is named', async () => {
  await using front = await startFront(always({ status: 404, type: 'text/plain', body: '' }))
  expect(await run(probes.behind('crm-c', front.url))).toEqual(['compare/crm-c: differs'])
})

test('a server that is down keeps no others from being compared, but two must answer', async () => {
  await probes.fleet.stop('crm-b')
  try {
    expect(await run()).toBe('pass')
    await probes.fleet.stop('crm-c')
    expect(await run()).toBe('error ERR_UNREACHABLE')
    const alone = probes.watched.servers.filter(({ name }) => name === 'crm-a')
    expect(await run({ servers: alone })).toBe('pass')
  } finally {
    await Promise.all([probes.fleet.restart('crm-b'), probes.fleet.restart('crm-c')])
  }
})
