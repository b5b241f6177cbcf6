import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { originCorsMismatch } from '../../../src/probes/origin/cors-mismatch.ts'
import { passingTo, startFront } from '../../support/front.ts'
import { HEALTHY, outcome, outcomes } from '../../support/outcome.ts'
import { HOSTILE_ORIGIN, type ProbeFleet, startProbeFleet } from '../../support/probe-fleet.ts'

const APP = 'https://app.crm.example.com'
const ADMIN = 'https://admin.crm.example.com'
const LOOK_ALIKE = 'https://app.crm.example.com.authwatch-hostile.example'

// Each restart of a server takes a second of a core, and more on a busy machine.
vi.setConfig({ testTimeout: 60_000 })

let probes: ProbeFleet

beforeAll(async () => {
  probes = await startProbeFleet()
}, 60_000)

afterAll(() => probes?.[Symbol.asyncDispose]())

type Line = readonly [name: string, value: string]

/** The verdict on crm-b behind a proxy that changes its header lines. */
async function throughProxy(alter: (lines: readonly Line[]) => readonly Line[]) {
  await using front = await startFront(passingTo(probes.fleet.server('crm-b').url, alter))
  return outcome(await probes.run(originCorsMismatch, 'crm-b', probes.behind('crm-b', front.url)))
}
const named =
  (header: string) =>
  ([name]: Line) =>
    name.toLowerCase() === header

test('a server whose CORS_ORIGIN lacks a declared origin is named with it, until it has it again', async () => {
  expect(await outcomes(probes, originCorsMismatch)).toEqual(HEALTHY)
  await probes.whilePatched('crm-b', { corsOrigins: [APP] }, async () => {
    expect(await probes.run(originCorsMismatch, 'crm-b')).toMatchObject({
      state: 'fail',
      severity: 'critical',
    })
    expect(await outcomes(probes, originCorsMismatch)).toEqual({
      ...HEALTHY,
      'crm-b': [
        `answer/${ADMIN}: not_allowed`,
        `preflight/${ADMIN}: not_allowed`,
        `tenant_preflight/${ADMIN}: not_allowed`,
      ],
    })
  })
  expect(outcome(await probes.run(originCorsMismatch, 'crm-b'))).toBe('pass')
})

test('a server that lets a foreign origin in is named', async () => {
  await probes.whilePatched('crm-b', { corsOrigins: [APP, ADMIN, HOSTILE_ORIGIN] }, async () => {
    expect(await probes.run(originCorsMismatch, 'crm-b')).toMatchObject({
      findings: [
        {
          key: `hostile/${HOSTILE_ORIGIN}`,
          detail: { step: 'hostile', reason: 'hostile_allowed', grant: 'credentials' },
        },
      ],
    })
  })
})

test('what a proxy does to the headers is seen: repeated, dropped, reflected to anyone', async () => {
  expect(await throughProxy((lines) => lines)).toBe('pass')
  const allow = named('access-control-allow-origin')
  expect(
    await throughProxy((lines) => lines.flatMap((line) => (allow(line) ? [line, line] : [line]))),
  ).toContain(`answer/${APP}: repeated`)
  // A star opens nothing to a hostile origin: browsers take it for no request with cookies.
  const star = await throughProxy((lines) => [
    ...lines.filter((line) => !allow(line)),
    ['Access-Control-Allow-Origin', '*'],
  ])
  expect(star).toContain(`preflight/${APP}: wildcard`)
  expect(star).not.toContain(`hostile/${HOSTILE_ORIGIN}: hostile_allowed`)
  const credentials = named('access-control-allow-credentials')
  expect(await throughProxy((lines) => lines.filter((line) => !credentials(line)))).toContain(
    `preflight/${ADMIN}: no_credentials`,
  )
  const headers = named('access-control-allow-headers')
  expect(await throughProxy((lines) => lines.filter((line) => !headers(line)))).toEqual([
    `preflight/${ADMIN}: header_refused`,
    `preflight/${APP}: header_refused`,
  ])
  // As an origin that is compared by how it begins.
  const begins = await throughProxy((lines) => [
    ...lines.filter((line) => !allow(line)),
    ['Access-Control-Allow-Origin', LOOK_ALIKE],
  ])
  expect(begins).toContain(`hostile/${LOOK_ALIKE}: hostile_allowed`)
  const ofNobody = await throughProxy((lines) => [
    ...lines.filter((line) => !allow(line)),
    ['Access-Control-Allow-Origin', 'null'],
  ])
  expect(ofNobody).toContain('hostile/null: hostile_allowed')
})

test('pages of the server’s own origin need no CORS', async () => {
  const origins = ['https://api.crm.example.com']
  expect(outcome(await probes.run(originCorsMismatch, 'crm-a', { origins }))).toBe('pass')
  const foreign = ['https://other.crm.example.com']
  expect(outcome(await probes.run(originCorsMismatch, 'crm-a', { origins: foreign }))).toContain(
    'preflight/https://other.crm.example.com: not_allowed',
  )
})

test('a server that is down is for another probe to judge', async () => {
  await probes.fleet.stop('crm-c')
  expect(outcome(await probes.run(originCorsMismatch, 'crm-c'))).toBe('error ERR_UNREACHABLE')
})
