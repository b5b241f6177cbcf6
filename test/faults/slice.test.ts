import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { binaryOrSkip } from '../support/binaries.ts'
import { alarmOf } from './alarm.ts'
import { casesOf } from './cases.ts'
import { untilHealthy } from './health.ts'
import { type Monitoring, startMonitoring } from './monitoring.ts'
import { faultsOfText } from './runbook-links.ts'
import { startWorld, type World } from './world.ts'

const needed = ['prometheus', 'alertmanager', 'redis-server'] as const
const missing = (await Promise.all(needed.map(binaryOrSkip))).some((found) => 'skip' in found)

/** One of the rows, one that clients meet, one of the workers: they have nothing to do with each other. */
const FAULTS = casesOf(['F12', 'F10', 'F32'])
const WITHIN_MS = 60_000
const HOLD_MS = 3_000

describe.skipIf(missing)('from the server to the receiver', () => {
  let world: World
  let monitoring: Monitoring
  beforeAll(async () => {
    world = await startWorld()
    monitoring = await startMonitoring(world)
  }, 120_000)
  afterAll(async () => {
    await monitoring?.[Symbol.asyncDispose]()
    await world?.[Symbol.asyncDispose]()
  }, 30_000)

  const told = () => monitoring.receiver.told().filter(({ receiver }) => receiver !== 'dead-man')
  const firing = () =>
    told()
      .filter(({ resolvedAt }) => resolvedAt === null)
      .map(({ receiver, labels }) => `${receiver}: ${alarmOf(labels, world)}`)
      .toSorted()

  test('in good health only the dead man’s switch is heard', { timeout: 150_000 }, async () => {
    await untilHealthy(monitoring)
    const heard = monitoring.receiver.told().map(({ receiver, labels }) => `${receiver}: ${labels.alertname}`)
    expect(heard).toEqual(['dead-man: AuthwatchWatchdog'])
  })

  test('three faults at once are told as what they are, to whom they concern, and taken back', {
    timeout: 180_000,
  }, async () => {
    const expected = FAULTS.flatMap(({ expected }) =>
      Object.entries(expected).flatMap(([receiver, alarms]) =>
        alarms.map((alarm) => `${receiver}: ${alarm}`),
      ),
    ).toSorted()
    expect(expected).toHaveLength(5)
    await Promise.all(FAULTS.map((fault) => fault.on(world)))
    try {
      await expect.poll(firing, { timeout: WITHIN_MS, interval: 250 }).toEqual(expected)
      await sleep(HOLD_MS)
      expect(firing()).toEqual(expected)
      expect(told().flatMap(faultsOfText)).toEqual([])
    } finally {
      await Promise.all(FAULTS.map((fault) => fault.off(world)))
    }
    await expect.poll(firing, { timeout: WITHIN_MS, interval: 250 }).toEqual([])
  })
})
