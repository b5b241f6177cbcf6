import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { applicationFailures, reasons } from '../../src/events/vocabulary.ts'
import { countedBy, measuredEvents } from './counters.ts'
import { openWorld, type World } from './full-world.ts'
import { apiKeys } from './scenarios/api-keys.ts'
import { codesAndLinks } from './scenarios/codes-and-links.ts'
import { failures } from './scenarios/failures.ts'
import { organizations } from './scenarios/organizations.ts'
import { providers } from './scenarios/providers.ts'
import { sessions } from './scenarios/sessions.ts'
import { signIn } from './scenarios/sign-in.ts'

vi.hoisted(() => {
  // In tests, which it knows by these two, better-auth trusts every origin and limits nothing.
  process.env.NODE_ENV = 'production'
  process.env.TEST = 'false'
})

let world: World
beforeAll(async () => {
  world = await openWorld()
})
afterAll(() => world[Symbol.asyncDispose]())

const scenarios = [
  ...signIn,
  ...sessions,
  ...apiKeys,
  ...organizations,
  ...codesAndLinks,
  ...providers,
  ...failures,
]

test.each(scenarios)('when $when, it counts $counts once and nothing else', async ({ counts, prepare }) => {
  const act = await prepare(world)
  await world.counting.flush()
  const measured = await measuredEvents(world.counting.registry)
  expect(await countedBy(world.counting, act)).toEqual({ [counts]: 1 })
  expect(await measuredEvents(world.counting.registry)).toBe(measured + 1)
})

/** better-auth knows nothing of extension tokens: these come from applications alone, whose test is crm.test.ts. */
const ofApplicationsAlone = Object.entries(applicationFailures)
  .filter(([, operation]) => operation === 'extension_token')
  .map(([reason]) => reason)

test('every reason is among these, but for those that only an application gives', () => {
  const given = new Set<string>(scenarios.map(({ counts }) => counts.split(' ')[2] ?? ''))
  expect(reasons.filter((reason) => !given.has(reason))).toEqual(ofApplicationsAlone)
})
