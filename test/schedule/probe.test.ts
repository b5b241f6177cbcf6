import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { test } from 'vitest'
import { startEmbeddedPostgres } from '../../src/embedded/postgres.ts'
import { testDatabase } from '../support/database.ts'
import { onlyChecks, startServe, workerFolder } from '../support/worker.ts'

const config = { checks: onlyChecks(['session.population', 'user.population'], { every: '10s', timeout: '1s' }), log: { level: 'debug' } }
const lines = (text: string) => text.split('\n').filter((l) => /^authwatch_(queue|state|results|ticks|check_last_run)/.test(l)).join('\n')
test('stop', async () => {
  await using app = await testDatabase()
  await using folder = await workerFolder()
  const server = await startEmbeddedPostgres({ dataDirectory: join(folder.path, 'pg') })
  await server.createDatabase('state')
  const env = { DATABASE_URL: app.url, STATE_DATABASE_URL: server.url('state') }
  await using a = await startServe({ env, config })
  await sleep(3_000)
  await server.stop()
  await sleep(12_000)
  console.log(a.log(), a.hasExited())
  if (!a.hasExited()) console.log(lines(await a.metrics()))
  const e = await a.stop()
  console.log(e, a.log().slice(-500))
}, 60000)
