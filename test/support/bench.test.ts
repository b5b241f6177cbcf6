import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { startAlertmanager } from './alertmanager.ts'
import { BinaryMissingError, type BinaryName, binary, binaryOrSkip } from './binaries.ts'
import { commandOutput } from './command-output.ts'
import { lockDirectory } from './directory-lock.ts'
import { promtoolCheckMetrics, startPrometheus } from './prometheus.ts'
import { startRedis } from './redis.ts'
import { ServerNotReadyError, startServerProcess } from './server-process.ts'

const NAMES: readonly BinaryName[] = ['redis-server', 'prometheus', 'promtool', 'alertmanager', 'amtool']
const missing = new Set<BinaryName>()
for (const name of NAMES) if ('skip' in (await binaryOrSkip(name))) missing.add(name)

describe('binaries', () => {
  for (const name of NAMES) {
    test.skipIf(missing.has(name))(`${name} answers --version`, async () => {
      const args = ['--version']
      const version = await commandOutput({ command: await binary(name), args, timeoutMs: 10_000 })
      expect(version).toMatchObject({ code: 0, output: expect.stringMatching(/\d+\.\d+\.\d+/) })
    })
  }

  test('a variable that names no program is an error, not a reason to look elsewhere', async () => {
    process.env.AUTHWATCH_TEST_AMTOOL = '/nonexistent/amtool'
    try {
      await expect(binary('amtool')).rejects.toThrow(BinaryMissingError)
    } finally {
      delete process.env.AUTHWATCH_TEST_AMTOOL
    }
  })
})

describe.skipIf(missing.has('redis-server'))('redis', () => {
  test('starts empty, keeps keys until it is flushed, and evicts none', async () => {
    await using redis = await startRedis()
    expect(await redis.command('SET key value')).toBe('+OK')
    expect(await redis.command('DBSIZE')).toBe(':1')
    await redis.flush()
    expect(await redis.command('DBSIZE')).toBe(':0')
    expect(await redis.command('CONFIG GET maxmemory-policy')).toContain('noeviction')
  })

  test('stops, starts again on the same port, and is killed', async () => {
    await using redis = await startRedis()
    expect(await redis.command('PING')).toBe('+PONG')
    await redis.stop()
    await expect(redis.command('PING')).rejects.toMatchObject({ code: 'ECONNREFUSED' })
    await redis.start()
    expect(await redis.command('PING')).toBe('+PONG')
    await redis.kill()
    await expect(redis.command('PING')).rejects.toMatchObject({ code: 'ECONNREFUSED' })
    await redis.start()
    expect(await redis.command('PING')).toBe('+PONG')
  })

  test('a paused server accepts connections and answers nothing until it is resumed', async () => {
    await using redis = await startRedis()
    redis.pause()
    await expect(redis.command('PING')).rejects.toThrow('no reply')
    redis.resume()
    expect(await redis.command('PING')).toBe('+PONG')
  })

  test('takes further options', async () => {
    await using redis = await startRedis({ args: ['--maxmemory-policy', 'allkeys-lru'] })
    expect(await redis.command('CONFIG GET maxmemory-policy')).toContain('allkeys-lru')
  })
})

describe.skipIf(missing.has('promtool'))('promtool', () => {
  test('passes a good exposition and names the fault of a bad one', async () => {
    const good = '# HELP jobs_total Jobs done.\n# TYPE jobs_total counter\njobs_total 1\n'
    expect(await promtoolCheckMetrics(good)).toEqual({ code: 0, output: '' })
    const bad = '# TYPE wait_milliseconds gauge\nwait_milliseconds 1\n'
    expect(await promtoolCheckMetrics(bad)).toMatchObject({
      code: 3,
      output: expect.stringContaining('use base unit "seconds"'),
    })
    expect(await promtoolCheckMetrics('jobs_total{ 1\n')).toMatchObject({ code: 1 })
  })
})

describe.skipIf(missing.has('prometheus'))('prometheus', () => {
  test('answers queries, also with a scalar and with infinity', async () => {
    await using prometheus = await startPrometheus({ scrape: [{ job: 'nothing', targets: [] }] })
    expect(await prometheus.query('vector(2) * 3')).toEqual([{ labels: {}, value: 6 }])
    expect(await prometheus.query('-1 / 0')).toEqual([{ labels: {}, value: Number.NEGATIVE_INFINITY }])
    expect(await prometheus.query('up')).toEqual([])
  })
})

describe.skipIf(missing.has('alertmanager'))('alertmanager', () => {
  test('takes alerts', async () => {
    const config = 'route: { receiver: nobody }\nreceivers: [{ name: nobody }]\n'
    await using alertmanager = await startAlertmanager({ config })
    await alertmanager.post([{ labels: { alertname: 'Posted' } }])
    const answer = await fetch(`${alertmanager.url}/api/v2/alerts`, { signal: AbortSignal.timeout(5_000) })
    expect(await answer.json()).toMatchObject([{ labels: { alertname: 'Posted' } }])
  })
})

test('a server that ends before it is ready is an error with its last words', async () => {
  const server = startServerProcess({
    command: 'sh',
    args: ['-c', 'echo no room >&2; exit 3'],
    ready: async () => false,
  })
  await expect(server).rejects.toThrow(ServerNotReadyError)
  await expect(server).rejects.toThrow('no room')
})

test('a command that does not end is ended at its deadline, with its children', async () => {
  const started = Date.now()
  const ended = await commandOutput({ command: 'sh', args: ['-c', 'sleep 20; true'], timeoutMs: 200 })
  expect(ended.code).toBeNull()
  expect(Date.now() - started).toBeLessThan(5_000)
})

test('a directory lock is held by one at a time, and freed', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'authwatch-lock-'))
  const path = join(directory, 'lock')
  try {
    const held = await lockDirectory({ path, timeoutMs: 1_000 })
    await expect(lockDirectory({ path, timeoutMs: 200 })).rejects.toThrow('held by another')
    await held[Symbol.asyncDispose]()
    await using again = await lockDirectory({ path, timeoutMs: 1_000 })
    expect(again).toBeDefined()
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
})

test('the lock of a process that has died is taken over', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'authwatch-lock-'))
  const path = join(directory, 'lock')
  try {
    // A shell that has ended: its number names no process any more.
    const dead = await commandOutput({
      command: 'sh',
      args: ['-c', `mkdir '${path}' && printf %s $$ > '${path}/owner'`],
      timeoutMs: 5_000,
    })
    expect(dead.code).toBe(0)
    await using taken = await lockDirectory({ path, timeoutMs: 1_000 })
    expect(taken).toBeDefined()
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
})
