import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { instrument } from '../../src/instrument/better-auth.ts'
import { type AuthDatabase, fullOptions, openAuth, openAuthDatabase } from './open-auth.ts'
import { type Behaviour, startReceiver, TOKEN } from './receiver.ts'
import { createVisitor } from './visitor.ts'

vi.hoisted(() => {
  process.env.NODE_ENV = 'production'
  process.env.TEST = 'false'
})

const options = fullOptions(new Map(), 'http://127.0.0.1:9', false)
let database: AuthDatabase
beforeAll(async () => {
  database = await openAuthDatabase(options)
})
afterAll(() => database[Symbol.asyncDispose]())

vi.setConfig({ testTimeout: 60_000 })

const NAME = 'get_session success anonymous'
const run = promisify(execFile)

test.each<Behaviour>(['hang', 'cut', 500, 401, 404])(
  'while the worker answers %s, requests are answered as ever, and what they were arrives later',
  async (behaviour) => {
    await using receiver = await startReceiver()
    receiver.behaviour = behaviour
    const { auth, flush, close } = instrument(openAuth(options, database.pool), {
      server: 'crm-a',
      push: { url: receiver.url, token: TOKEN, intervalMs: 10 },
    })
    const visitor = createVisitor(auth.handler, 30_001)
    const began = performance.now()
    for (let each = 0; each < 200; each += 1) expect((await visitor.ask('/get-session')).status).toBe(200)
    // A request that waited for the worker would take 10 s.
    expect(performance.now() - began).toBeLessThan(8_000)
    expect(receiver.totals()).toEqual({})
    receiver.behaviour = 200
    // What is on its way to a worker that never answers is given up after 10 s, and sent again.
    await expect.poll(flush, { timeout: 15_000, interval: 100 }).toBe(true)
    expect(receiver.totals()).toEqual({ [NAME]: 200 })
    expect(await close()).toBe(true)
  },
)

function runShortLived(url: string, ending = '') {
  const script = fileURLToPath(new URL('short-lived.ts', import.meta.url))
  const began = performance.now()
  const args = ['--import', 'tsx', script, url, TOKEN, ending]
  return run(process.execPath, args, {
    timeout: 20_000,
    env: { NODE_ENV: 'production', PATH: process.env.PATH ?? '' },
  }).then(({ stdout, stderr }) => ({ stdout, stderr, ms: performance.now() - began }))
}

test('a process with nothing left to do ends at once, even when the worker hangs', async () => {
  await using receiver = await startReceiver()
  const well = await runShortLived(receiver.url)
  receiver.behaviour = 'hang'
  const hung = await runShortLived(receiver.url)
  expect(hung.ms - well.ms).toBeLessThan(3_000)
  expect(hung.stderr).toBe('')
  expect(receiver.requests).toBeGreaterThan(1)
})

test('a process that closes its counting stays until it is delivered, and no longer than 5 s', async () => {
  await using receiver = await startReceiver()
  expect((await runShortLived(receiver.url, 'close')).stdout).toBe('true')
  expect(receiver.totals()).toEqual({ [NAME]: 1 })
  receiver.behaviour = 'hang'
  const hung = await runShortLived(receiver.url, 'close')
  expect(hung.stdout).toBe('false')
  expect(hung.ms).toBeLessThan(15_000)
})
