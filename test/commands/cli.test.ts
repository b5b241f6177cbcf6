import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { promisify } from 'node:util'
import { expect, test, vi } from 'vitest'
import { catalogue } from '../../src/commands/catalogue.ts'
import { stateDatabase } from '../results/state-database.ts'
import { testDatabase } from '../support/database.ts'
import { findOnPath } from '../support/find-on-path.ts'
import { authwatchCommand } from '../support/worker.ts'
import { authwatch } from './authwatch.ts'

vi.setConfig({ testTimeout: 180_000 })

const SECRET = 'pl4nted-s3cret'
const ESCAPE = '\u001b['

test.concurrent.each([
  [[]],
  [['serve']],
  [['check']],
  [['probe']],
  [['list']],
  [['findings']],
  [['grants']],
  [['generate']],
  [['config']],
  [['config', 'check']],
  [['demo']],
  [['diagnose']],
  [['diagnose', 'session']],
])('authwatch %s --help tells how it is used, and needs no configuration', async (command) => {
  const { code, stdout, stderr } = await authwatch([...command, '--help'])
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(stdout).toContain(`Usage: ${['authwatch', ...command].join(' ')}`)
})

test.concurrent.each([
  [[], 'Usage: authwatch'],
  [['serf'], 'Did you mean serve?'],
  [['check', '--jsn'], 'Did you mean --json?'],
  [['findings', '--since', 'yesterday'], 'such as 30m, 24h or 7d'],
  [['config'], 'read the configuration'],
])('authwatch %s is a wrong use, and says what is right', async (command, words) => {
  const { code, stdout, stderr } = await authwatch(command)
  expect({ code, stdout }).toEqual({ code: 64, stdout: '' })
  expect(stderr).toContain(words)
})

test.concurrent('list shows every check, for people and for programs', async () => {
  const text = await authwatch(['list'])
  expect(text).toMatchObject({ code: 0, stderr: '' })
  for (const { id } of catalogue) expect(text.stdout).toContain(`\n${id} `)

  const { code, stdout } = await authwatch(['list', '--json'])
  expect(code).toBe(0)
  const ids: unknown = JSON.parse(stdout).map(({ id }: { id: unknown }) => id)
  expect(ids).toEqual(catalogue.map(({ id }) => id))
})

test.concurrent('five mistakes in the configuration are five lines, and no secret is among them', async () => {
  const env = { DATABASE_URL: `postgres://reader:${SECRET}@127.0.0.1/app` }
  const healthy = await authwatch(['config', 'check'], { env, config: { http: { port: 9000 } } })
  expect(healthy).toMatchObject({ code: 0, stderr: '' })
  expect(healthy.stdout).toContain('http: 127.0.0.1:9000')
  expect(healthy.stdout).toContain('the configuration is valid')
  expect(healthy.output).not.toContain(SECRET)

  const config = `databases:
  - name: Not A Label
    url: postgres://reader:${SECRET}@127.0.0.1/app
http:
  port: 99999
`
  const broken = { ...env, REDIS_URL: `http://:${SECRET}@127.0.0.1`, AUTHWATCH_TYPO: SECRET }
  for (const command of [['config', 'check'], ['serve']]) {
    const { code, stdout, stderr } = await authwatch(command, { env: broken, config })
    expect({ code, stdout }).toEqual({ code: 78, stdout: '' })
    const [first, ...lines] = stderr.trimEnd().split('\n')
    expect(first).toBe('authwatch: 5 problems in the configuration')
    expect(lines).toHaveLength(5)
    for (const where of [
      'yaml:2 databases[0].name',
      'yaml:3 databases[0].url',
      'yaml:5 http.port',
      'REDIS_URL',
    ])
      expect(stderr).toContain(where)
    expect(stderr).toContain('AUTHWATCH_TYPO')
    expect(stderr).not.toContain(SECRET)
  }
})

test.concurrent('serve says which port is in use, and leaves nothing running', async () => {
  const blocker = createServer().listen(0, '127.0.0.1')
  try {
    await once(blocker, 'listening')
    const address = blocker.address()
    const port = String(typeof address === 'object' ? address?.port : '')
    await using application = await testDatabase()
    await using state = await stateDatabase()
    const urls = { DATABASE_URL: application.url, STATE_DATABASE_URL: state.url }
    const env = { ...urls, AUTHWATCH_HTTP_PORT: port }
    const { code, signal, stderr } = await authwatch(['serve'], { env })
    expect({ code, signal }).toEqual({ code: 3, signal: null })
    expect(stderr).toContain(`Port ${port} on 127.0.0.1 is in use by another process`)
  } finally {
    blocker.close()
  }
})

test.concurrent('a reader that has read enough is no fault', async () => {
  const command = (await authwatchCommand(['list'])).map((word) => `'${word}'`)
  const script = `${command.join(' ')} | head -n 1; echo "\${PIPESTATUS[0]}"`
  const { stdout, stderr } = await promisify(execFile)('bash', ['-c', script], { timeout: 30_000 })
  expect(stdout).toMatch(/^check .*\n0\n$/)
  expect(stderr).not.toContain('EPIPE')
})

test.concurrent('colours are for terminals, and NO_COLOR turns them off', async ({ skip }) => {
  const script = await findOnPath('script')
  if (script === undefined) return skip('there is no `script` to make a terminal')
  await using database = await testDatabase()
  const command = (await authwatchCommand(['check', 'user.population'])).map((word) => `'${word}'`).join(' ')
  const onTerminal = async (more: Readonly<Record<string, string>>) => {
    const env = { PATH: process.env.PATH ?? '', TERM: 'xterm', DATABASE_URL: database.url, ...more }
    const run = promisify(execFile)(script, ['-qec', command, '/dev/null'], { env, timeout: 30_000 })
    return (await run).stdout
  }
  expect(await onTerminal({})).toContain(ESCAPE)
  expect(await onTerminal({ NO_COLOR: '1' })).not.toContain(ESCAPE)
  const piped = await authwatch(['check', 'user.population'], { env: { DATABASE_URL: database.url } })
  expect(piped.output).not.toContain(ESCAPE)
})
