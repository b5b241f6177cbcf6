import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type Check, scanCheck } from '../../src/catalogue/check.ts'
import { defaultPolicy } from '../../src/catalogue/policy.ts'
import { ConfigError } from '../../src/config/config-error.ts'
import { loadConfig } from '../../src/config/load.ts'
import { environment } from '../../src/config/schema.ts'
import { sql } from '../../src/database/sql.ts'

const SECRET = 'hunter2-must-never-be-printed'
const URL = `postgres://app:${SECRET}@127.0.0.1:5432/crm`

/** Two checks of our own, so that these tests do not move when the real catalogue does. */
const checks: readonly Check[] = (['expired_backlog', 'other'] as const).map((condition) =>
  scanCheck({
    id: `session.${condition}`,
    title: 'Expired sessions are kept',
    every: '1m',
    timeout: '5s',
    table: 'session',
    offenders: ({ col, asOf }) => sql`${col.expiresAt} < ${asOf}`,
    show: ['id'],
    alerts: [
      {
        severity: 'warning',
        when: [{ metric: 'offenders', is: 'above', threshold: 10 }],
        for: '10m',
        summary: 'Expired sessions are kept',
      },
    ],
  }),
)

function folder(yaml?: string): string {
  const path = mkdtempSync(join(tmpdir(), 'authwatch config '))
  if (yaml !== undefined) writeFileSync(join(path, 'authwatch.yaml'), yaml)
  return path
}

function problemsOf(yaml: string | undefined, env: Record<string, string>): readonly string[] {
  try {
    loadConfig({ env, cwd: folder(yaml), catalogue: checks })
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    expect(error.message).not.toContain(SECRET)
    return error.problems.map(
      ({ where, path, message }) => `${where.replace(/^.*\//, '')} ${path}: ${message}`,
    )
  }
  return []
}

test('a variable that is empty is as one that is not set', () => {
  const empty = Object.fromEntries(Object.keys(environment).map((name) => [name, '']))
  const options = { cwd: folder(), catalogue: checks }
  const plain = loadConfig({ ...options, env: { DATABASE_URL: URL } })
  expect(loadConfig({ ...options, env: { ...empty, DATABASE_URL: URL } })).toEqual(plain)
})

test('DATABASE_URL alone is a whole configuration', () => {
  const config = loadConfig({ env: { DATABASE_URL: URL }, cwd: folder(), catalogue: checks })
  expect(config.databases.map(({ name, url }) => [name, url])).toEqual([['app', URL]])
  expect(config.policy).toEqual(defaultPolicy)
  expect(config.checks).toEqual(checks)
  expect(config.http).toEqual({ host: '127.0.0.1', port: 9469, allowUnauthenticated: false })
  expect(config.file).toBeNull()
})

test('five mistakes are five problems, each with its line and path', () => {
  const yaml = [
    'databases:',
    '  - name: CRM prod',
    '    url: postgres://app:x@db/crm',
    'policy:',
    '  sessionLifetime: a week',
    'checks:',
    '  session.expired_backlog:',
    '    every: 1s',
    'http:',
    '  prot: 80',
  ].join('\n')
  const problems = problemsOf(yaml, { DATABASE_URL: URL })
  expect(problems).toHaveLength(5)
  expect(problems[0]).toMatch(/^authwatch.yaml:2 databases\[0\]\.name: use 1–63 of/)
  expect(problems[1]).toMatch(/^authwatch.yaml:3 databases\[0\]\.url: unknown key: secrets do not belong/)
  expect(problems[2]).toMatch(/^authwatch.yaml:5 policy\.sessionLifetime: write a length of time/)
  expect(problems[3]).toMatch(/^authwatch.yaml:8 checks\.session\.expired_backlog\.every: from 10s to 1d/)
  expect(problems[4]).toMatch(/^authwatch.yaml:10 http\.prot: unknown key/)
})

test('a missing database URL says which variable to set', () => {
  expect(problemsOf(undefined, {})).toEqual([
    'environment DATABASE_URL: not set; give a postgres:// URL in DATABASE_URL, or a file that holds it in DATABASE_URL_FILE',
  ])
})

test('a URL of another kind is refused without being quoted', () => {
  expect(problemsOf(undefined, { DATABASE_URL: `mysql://root:${SECRET}@h/d` })).toEqual([
    'environment DATABASE_URL: not a postgres:// or postgresql:// URL',
  ])
})

test('secrets come from files too, but not from both', () => {
  const cwd = folder()
  writeFileSync(join(cwd, 'url'), `${URL}\n`)
  const config = loadConfig({ env: { DATABASE_URL_FILE: 'url' }, cwd, catalogue: checks })
  expect(config.databases[0]?.url).toBe(URL)
  expect(problemsOf(undefined, { DATABASE_URL: URL, DATABASE_URL_FILE: '/dev/null' })).toEqual([
    'environment DATABASE_URL: set this or DATABASE_URL_FILE, not both',
  ])
  expect(problemsOf(undefined, { DATABASE_URL_FILE: '/no/such/file' })).toEqual([
    'environment DATABASE_URL_FILE: the file cannot be read (ENOENT)',
  ])
})

test('an unknown check, threshold or AUTHWATCH_ variable is an error', () => {
  const yaml = [
    'checks:',
    '  session.no_such_thing: { enabled: false }',
    '  session.expired_backlog: { thresholds: { rows: 5 } }',
  ].join('\n')
  expect(problemsOf(yaml, { DATABASE_URL: URL, AUTHWATCH_PORT: '1' })).toEqual([
    'environment AUTHWATCH_PORT: no such setting; docs/reference.md lists them',
    'authwatch.yaml:2 checks.session.no_such_thing: no such check; `authwatch list` shows them',
    'authwatch.yaml:3 checks.session.expired_backlog.thresholds.rows: the check compares no such number; it compares warning.offenders',
  ])
})

test('a check can be switched off, slowed down and given another threshold', () => {
  const yaml = [
    'checks:',
    '  session.other: { enabled: false }',
    '  session.expired_backlog: { every: 10m, thresholds: { offenders: 7 } }',
  ].join('\n')
  const config = loadConfig({ env: { DATABASE_URL: URL }, cwd: folder(yaml), catalogue: checks })
  expect(config.checks).toHaveLength(checks.length - 1)
  const backlog = config.checks.find(({ id }) => id === 'session.expired_backlog')
  expect(backlog?.every).toBe('10m')
  expect(backlog?.alerts).toMatchObject([{ when: [{ metric: 'offenders', threshold: 7 }] }])
})

test('broken YAML is reported with its line', () => {
  const [problem] = problemsOf('databases:\n  - name: "crm\n', { DATABASE_URL: URL })
  expect(problem).toMatch(/^authwatch.yaml:\d+ : /)
})

test('what the environment says of access is true, false or a fault', () => {
  const env = (said: string) => ({ DATABASE_URL: URL, AUTHWATCH_HTTP_ALLOW_UNAUTHENTICATED: said })
  const allowed = (said: string) =>
    loadConfig({ env: env(said), cwd: folder(), catalogue: checks }).http.allowUnauthenticated
  expect([allowed('true'), allowed('false')]).toEqual([true, false])
  expect(problemsOf(undefined, env('yes'))).toEqual([expect.stringContaining('http.allowUnauthenticated')])
})

test('a password in an address of the file, an alias of nothing and a queue without a number are told', () => {
  const env = { DATABASE_URL: URL }
  const servers = (url: string) => `servers: [{ name: crm, url: "${url}" }]`
  expect(problemsOf(servers('http://127.0.0.1'), env)).toEqual([])
  expect(problemsOf(servers(`http://reader:${SECRET}@127.0.0.1`), env)).toEqual([
    'authwatch.yaml:1 servers[0].url: without user and password: secrets do not belong in this file',
  ])
  expect(problemsOf(`alerts: { grafanaUrl: "https://admin:${SECRET}@grafana.example.com" }`, env)).toEqual([
    'authwatch.yaml:1 alerts.grafanaUrl: without user and password: secrets do not belong in this file',
  ])
  expect(problemsOf('log: *level', env)).toEqual([
    'authwatch.yaml : an alias (*) has no anchor (&), or there are too many',
  ])
  expect(problemsOf(undefined, { ...env, REDIS_URL: `redis://:${SECRET}@127.0.0.1/3` })).toEqual([])
  expect(problemsOf(undefined, { ...env, REDIS_URL: `redis://:${SECRET}@127.0.0.1/queue` })).toEqual([
    'environment REDIS_URL: its path is the number of a database, such as /0',
  ])
  const worker = (url: string) => problemsOf(undefined, { ...env, AUTHWATCH_WORKER_URL: url })
  expect(worker(`https://ann:${SECRET}@127.0.0.1:9469`)).toEqual([])
  expect(worker(`ann:${SECRET}@127.0.0.1`)).toEqual([
    'environment AUTHWATCH_WORKER_URL: not a http:// or https:// URL',
  ])
  expect(worker(`https://ann:100%${SECRET}@127.0.0.1`)).toEqual([
    'environment AUTHWATCH_WORKER_URL: its user or password has a % that begins no code; write it as %25',
  ])
})
