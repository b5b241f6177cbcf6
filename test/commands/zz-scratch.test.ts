import { test, vi } from 'vitest'
import { stateDatabase } from '../results/state-database.ts'
import { healthyApplication } from '../run/application.ts'
import { testDatabase } from '../support/database.ts'
import { freePort } from '../support/free-port.ts'
import { authwatch } from './authwatch.ts'
import { ownServer } from './own-server.ts'
vi.setConfig({ testTimeout: 100_000 })
const show = async (name: string, p: ReturnType<typeof authwatch>) => { const t = Date.now(); const r = await p; console.log(`### ${name}: ${r.code} ${r.signal} ${Date.now()-t} ms\n--out\n${r.stdout.slice(0, 1800)}\n--err\n${r.stderr.slice(0, 1500)}`) }
test('x', async () => {
  await using db = await testDatabase()
  await healthyApplication(db, new Date())
  await using empty = await stateDatabase()
  const env = { DATABASE_URL: db.url }
  await show('check', authwatch(['check'], { env }))
  await show('check session', authwatch(['check', 'session'], { env }))
  await show('check nope', authwatch(['check', 'nope'], { env }))
  await show('empty', authwatch(['check'], { env: { DATABASE_URL: empty.url } }))
  await show('no db', authwatch(['check'], {}))
  const url = new URL(db.url); url.password = 'S3CRET-wrong'
  await show('wrong password', authwatch(['check', 'user'], { env: { DATABASE_URL: url.href } }))
  const refused = new URL(url.href); refused.port = String(await freePort())
  await show('refused', authwatch(['check', 'user'], { env: { DATABASE_URL: refused.href } }))
  await show('grants refused', authwatch(['grants'], { env: { DATABASE_URL: refused.href } }))
  await show('grants empty', authwatch(['grants'], { env: { DATABASE_URL: empty.url } }))
  await show('grants', authwatch(['grants'], { env }))
  await show('config check', authwatch(['config', 'check'], { env }))
  await show('config five', authwatch(['config', 'check'], { env: { ...env, REDIS_URL: 'http://S3CRET', AUTHWATCH_TYPO: 'S3CRET' }, config: { databases: [{ name: 'Bad Name', url: 'postgres://S3CRET' }], http: { port: 99999 }, checks: { nope: {} } } }))
  await show('no command', authwatch([]))
  await show('bad command', authwatch(['serf']))
  await show('bad option', authwatch(['check', '--jsn']))
  await show('version', authwatch(['--version']))
  await show('config', authwatch(['config']))
  await show('findings down', authwatch(['findings'], { env: { ...env, STATE_DATABASE_URL: refused.href } }))
  await show('findings wrong pw', authwatch(['findings'], { env: { ...env, STATE_DATABASE_URL: url.href } }))
})
test('hung', async () => {
  await using server = await ownServer(['app', 'state'])
  await server.pause()
  const env = { DATABASE_URL: server.url('app'), STATE_DATABASE_URL: server.url('state') }
  await show('hung check', authwatch(['check', 'schema'], { env }))
  await show('hung grants', authwatch(['grants'], { env }))
  await show('hung findings', authwatch(['findings'], { env }))
})
