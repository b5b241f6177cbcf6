import { afterAll, beforeAll, expect, test } from 'vitest'
import { defaultPolicy } from '../../src/catalogue/policy.ts'
import { type ProbeCheck, probe, Refusal } from '../../src/catalogue/probe.ts'
import { runProbe } from '../../src/run/run-probe.ts'
import type { StepRecord } from '../../src/run/trace.ts'
import { MAX_FINDINGS } from '../../src/scan/findings.ts'
import { probeDispatcher } from '../../src/servers/server-client.ts'
import { always, type Front, startFront } from '../support/front.ts'

const dispatcher = probeDispatcher()
let front: Front

beforeAll(async () => {
  front = await startFront(always({ status: 200, type: 'application/json', body: '{}' }))
})

afterAll(async () => {
  await dispatcher[Symbol.asyncDispose]()
  await front?.[Symbol.asyncDispose]()
})

async function run(check: ProbeCheck) {
  const steps: StepRecord[] = []
  const fleet = {
    servers: [{ name: 'crm-a', url: front.url, publicUrl: front.url }],
    origins: [],
    hostileOrigin: 'https://authwatch-hostile.example',
    routes: { auth: '/api/auth', tenant: null, extension: null, debug: null },
    policy: defaultPolicy,
    canaries: {},
    secrets: {},
    signingKeys: undefined,
    userAgent: 'authwatch-test',
    dispatcher,
  }
  const onStep = (step: StepRecord) => {
    steps.push(step)
  }
  const { verdict } = await runProbe(check, { target: 'crm-a', fleet, clock: Date.now, onStep })
  return { verdict, steps }
}

/** A probe that refuses the answer as often as there are reasons. */
const refusing = (...given: readonly string[]) =>
  probe({
    id: 'test.refusing',
    title: 'The answer is refused',
    every: '1m',
    timeout: '5s',
    scope: 'server',
    steps: ['look'],
    reasons: ['bad'],
    needs: [],
    alerts: [
      {
        severity: 'warning',
        when: [{ metric: 'offenders', is: 'above', threshold: 0 }],
        for: '2m',
        summary: 'The answer is refused',
      },
    ],
    async run({ server, trace }) {
      for (const [at, reason] of given.entries()) {
        await trace.attempt('look', String(at), async () => {
          const { status } = await server.request('/')
          throw new Refusal(reason, { status: String(status) })
        })
      }
      return undefined
    },
  })

test('a reason that the probe does not list reaches neither finding nor metric', async () => {
  expect(await run(refusing('bad'))).toMatchObject({
    verdict: { state: 'fail', findings: [{ key: 'look/0', detail: { reason: 'bad', status: '200' } }] },
    steps: [{ step: 'look', reason: 'bad' }],
  })
  const { verdict, steps } = await run(refusing('bad', 'of_its_own'))
  expect(verdict).toMatchObject({ state: 'error', code: 'ERR_INTERNAL' })
  expect(steps).toEqual([])
})

test('what could not be looked at is an error with what was seen, and fails only beside a true failure', async () => {
  expect((await run(refusing('unusable_answer'))).verdict).toEqual({
    state: 'error',
    code: 'ERR_UNREACHABLE',
    message: 'look (0) got no answer to judge: unusable_answer (status 200)',
  })
  expect((await run(refusing('unusable_answer', 'bad'))).verdict).toMatchObject({
    state: 'fail',
    values: { offenders: 1 },
    findings: [{ key: 'look/1' }],
  })
})

test('the findings of one run are a sample; the count is full', async () => {
  const { verdict } = await run(refusing(...Array.from({ length: MAX_FINDINGS + 5 }, () => 'bad')))
  expect(verdict).toMatchObject({ state: 'fail', values: { offenders: MAX_FINDINGS + 5 } })
  expect('findings' in verdict ? verdict.findings.length : 0).toBe(MAX_FINDINGS)
})
