import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ProbeFleet, startProbeFleet } from '../support/probe-fleet.ts'
import { serverClient } from '../../src/servers/server-client.ts'

let probes: ProbeFleet
beforeAll(async () => { probes = await startProbeFleet({names:['crm-a']}) }, 60_000)
afterAll(() => probes?.[Symbol.asyncDispose]())

test('scratch', async () => {
  const { watched } = probes
  const c = serverClient({ address: watched.servers[0]!, userAgent: 'x', signal: AbortSignal.timeout(20000), dispatcher: watched.dispatcher, now: Date.now })
  const show = (n: string, a: any) => console.log(n, a.status, a.body.slice(0,200), a.setCookies, a.header('access-control-allow-origin'), a.header('access-control-allow-credentials'), a.header('access-control-allow-headers'), a.header('content-type'))
  const o = watched.origins[0]!
  show('signout', await c.request('/api/auth/sign-out', { method: 'POST', json: {}, origin: o }))
  show('signout dummy', await c.request('/api/auth/sign-out', { method: 'POST', json: {}, origin: o, cookie: 'authwatch=probe' }))
  show('signout evil', await c.request('/api/auth/sign-out', { method: 'POST', json: {}, origin: 'https://evil.example', cookie: 'authwatch=probe' }))
  show('signout null', await c.request('/api/auth/sign-out', { method: 'POST', json: {}, origin: 'null', cookie: 'authwatch=probe' }))
  show('signin', await c.request('/api/auth/sign-in/email', { method: 'POST', json: {email:'authwatch-abc@example.invalid',password:'nonsense-x'}, origin: o }))
  show('signin evil', await c.request('/api/auth/sign-in/email', { method: 'POST', json: {email:'authwatch-abc@example.invalid',password:'nonsense-x'}, origin: 'https://evil.example' }))
  show('jwks', await c.request('/api/auth/jwks'))
  show('preflight', await c.request('/api/auth/sign-in/email', { method: 'OPTIONS', origin: o, headers: {'access-control-request-method':'POST','access-control-request-headers':'content-type'} }))
  show('preflight null', await c.request('/api/auth/sign-in/email', { method: 'OPTIONS', origin: 'null', headers: {'access-control-request-method':'POST','access-control-request-headers':'content-type'} }))
  show('preflight evil', await c.request('/api/auth/sign-in/email', { method: 'OPTIONS', origin: 'https://evil.example', headers: {'access-control-request-method':'POST','access-control-request-headers':'content-type'} }))
  show('ok', await c.request('/api/auth/ok', { origin: o }))
  show('debug', await c.request('/debug/session'))
  show('key', await c.request('/api/records', {headers:{'x-api-key':'x'.repeat(64)}}))
  show('anon', await c.request('/api/records'))
})
