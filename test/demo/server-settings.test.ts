import { fork } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { createClient } from '../../src/demo/client.ts'
import { healthySettings } from '../../src/demo/settings.ts'
import { type DemoCrm, startDemoCrm, visitor } from './demo-crm.ts'

// Each restart of a server takes a second of a core, and more on a busy machine.
vi.setConfig({ testTimeout: 60_000 })

let crm: DemoCrm

beforeAll(async () => {
  crm = await startDemoCrm()
}, 60_000)

afterAll(() => crm?.[Symbol.asyncDispose]())

test('the defaults are the ones that the CRM documents', () => {
  const identity = {
    name: 'x',
    port: 1,
    databaseUrl: 'postgresql://x',
    secret: 'x'.repeat(32),
    extensionTokenSecret: 'y'.repeat(32),
  }
  expect(healthySettings(identity)).toMatchObject({ cookieCacheMaxAge: 300, extensionTokenLifetime: 3_600 })
})

test('a user without a membership cannot sign in, and a broken sign-up hook makes such users', async () => {
  const json = { email: 'newcomer@example.com', password: crm.seeded.password, name: 'Newcomer' }
  const signIn = (number: number) => visitor(number).call(crm.a('/api/auth/sign-in/email'), { json })
  await crm.whilePatched([
    { signUpJoinsOrganization: false },
    async () => {
      expect((await visitor(5).call(crm.b('/api/auth/sign-up/email'), { json })).status).toBe(200)
    },
  ])
  expect((await signIn(6)).status).toBe(500)

  const healthy = { ...json, email: 'welcome@example.com' }
  expect((await visitor(7).call(crm.b('/api/auth/sign-up/email'), { json: healthy })).status).toBe(200)
  expect((await visitor(8).call(crm.a('/api/auth/sign-in/email'), { json: healthy })).status).toBe(200)
  await crm.sql(`delete from "user" where email in ('newcomer@example.com', 'welcome@example.com')`)
  await crm.sql(`delete from organization where slug like 'home-%'`)
})

test('a server with another secret does not know the cookie, and knows it again when it has the old one', async () => {
  const { client } = crm.seeded.signedIn[3]!
  await crm.whilePatched([
    { secret: 'another-secret-another-secret-another' },
    async () => {
      const session = await client.call(crm.b('/api/auth/get-session'))
      expect(session).toMatchObject({ status: 200, body: null })
      expect(session.headers.getSetCookie()).toEqual([])
    },
  ])
  expect((await client.call(crm.b('/api/auth/get-session'))).body).toMatchObject({
    user: { id: expect.any(String) },
  })
})

test('a server’s faults are real: clock, environment, cookies, debug route, sign-in', async () => {
  const json = { email: crm.seeded.users[4]!.email, password: crm.seeded.password }
  const before = await visitor(10).call(crm.b('/debug/session'))
  expect(before.status).toBe(401)
  expect(Math.abs(Date.parse(before.headers.get('date') ?? '') - Date.now())).toBeLessThan(5_000)

  await crm.whilePatched(
    [
      { clockOffsetMs: 300_000, debugRouteOpen: true, nodeEnv: 'development' },
      async () => {
        const debug = await visitor(11).call(crm.b('/debug/session'))
        expect(debug.status).toBe(200)
        expect(Date.parse(debug.headers.get('date') ?? '') - Date.now()).toBeGreaterThan(290_000)
        const signIn = await visitor(11).call(crm.b('/api/auth/sign-in/email'), { json })
        expect(signIn.headers.getSetCookie()[0]).toMatch(
          /^better-auth-session=.*; Max-Age=604800; Path=\/; HttpOnly; SameSite=Lax$/,
        )
      },
    ],
    [
      { stripSetCookie: true, corsOrigins: [], trustedOrigins: [] },
      async () => {
        expect((await visitor(12).call(crm.b('/api/auth/sign-in/email'), { json })).status).toBe(403)
        const sameOrigin = createClient({ origin: 'https://api.crm.example.com', address: '198.19.0.13' })
        const signIn = await sameOrigin.call(crm.b('/api/auth/sign-in/email'), { json })
        expect(signIn.status).toBe(200)
        expect(signIn.headers.getSetCookie()).toEqual([])
        expect(signIn.headers.get('access-control-allow-origin')).toBeNull()
      },
    ],
    [
      { failSignIn: true, ipAddressHeaders: ['x-client-address'] },
      async () => {
        expect((await visitor(14).call(crm.b('/api/auth/sign-in/email'), { json })).status).toBe(500)
        const statuses = []
        for (let number = 15; number < 19; number += 1) {
          statuses.push((await visitor(number).call(crm.b('/api/auth/sign-in/email'), { json })).status)
        }
        // One limit of three for all clients, of which the call above was the first.
        expect(statuses).toEqual([500, 500, 429, 429])
      },
    ],
  )
})

test('a server can hang, crash and come back on the same port', async () => {
  const { url } = crm.fleet.server('crm-b')
  await crm.fleet.restart('crm-b', { hang: true })
  const answer = fetch(crm.b('/healthz'), { signal: AbortSignal.timeout(300) })
  await expect(answer).rejects.toMatchObject({ name: 'TimeoutError' })
  expect(crm.fleet.server('crm-b').isRunning).toBe(true)

  await crm.fleet.kill('crm-b')
  expect(crm.fleet.server('crm-b').isRunning).toBe(false)
  await expect(fetch(crm.b('/healthz'))).rejects.toThrow('fetch failed')
  await crm.fleet.restart('crm-b', { hang: false })
  expect(crm.fleet.server('crm-b')).toMatchObject({ url, isRunning: true })
  expect((await fetch(crm.b('/healthz'))).status).toBe(200)
})

test('the servers end with the process that started them, even when it is killed', async () => {
  const script = fileURLToPath(new URL('hold-fleet.ts', import.meta.url))
  const holder = fork(script, [], {
    execArgv: ['--import', 'tsx'],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  holder.send(crm.fleet.databaseUrl)
  const [url] = await once(holder, 'message')
  expect((await fetch(`${url}/healthz`)).status).toBe(200)
  holder.kill('SIGKILL')
  await once(holder, 'exit')
  let gone = false
  for (const end = Date.now() + 5_000; Date.now() < end && !gone; await sleep(50)) {
    gone = await fetch(`${url}/healthz`).then(
      () => false,
      () => true,
    )
  }
  expect(gone).toBe(true)
})
