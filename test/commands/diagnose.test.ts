import { execFile, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { promisify } from 'node:util'
import { expect, test, vi } from 'vitest'
import { testDatabase } from '../support/database.ts'
import { findOnPath } from '../support/find-on-path.ts'
import { authwatchCommand } from '../support/worker.ts'
import { authwatch } from './authwatch.ts'

vi.setConfig({ testTimeout: 60_000 })

const KEY = 'Q'.repeat(64)

async function databaseWithKey() {
  const db = await testDatabase()
  await db.insert('apiKey', { key: createHash('sha256').update(KEY).digest('base64url') })
  return db
}

async function shellCommand(...args: readonly string[]): Promise<string> {
  return (await authwatchCommand(args)).map((word) => `'${word}'`).join(' ')
}

test.concurrent('a key comes by standard input, and without one nothing is asked', async () => {
  await using db = await databaseWithKey()
  const command = await shellCommand('diagnose', 'api-key', '--json')
  const env = { PATH: process.env.PATH ?? '', DATABASE_URL: db.url }
  const script = `echo ' ${KEY} ' | ${command}; echo "\${PIPESTATUS[1]}"`
  const { stdout, stderr } = await promisify(execFile)('bash', ['-c', script], { env, timeout: 30_000 })
  const [, json = '', code] = /^(\{.*\})\n(\d+)\n$/s.exec(stdout) ?? []
  // Its owner, whom the insert made, is in no organization.
  expect({ code, cause: JSON.parse(json).cause.cause }).toEqual({
    code: '2',
    cause: expect.stringMatching(/has no organization/),
  })
  expect(stdout + stderr).not.toContain(KEY)

  const nothing = await authwatch(['diagnose', 'api-key'], { env: { DATABASE_URL: db.url } })
  expect(nothing).toMatchObject({ code: 64, stdout: '' })
  expect(nothing.stderr).toContain('the API key is read from standard input')
})

test.concurrent('at a terminal it is asked for, and not shown', async ({ skip }) => {
  const script = await findOnPath('script')
  if (script === undefined) return skip('there is no `script` to make a terminal')
  await using db = await databaseWithKey()
  const env = { PATH: process.env.PATH ?? '', TERM: 'xterm', NO_COLOR: '1', DATABASE_URL: db.url }
  const command = await shellCommand('diagnose', 'api-key')
  const child = spawn(script, ['-qec', command, '/dev/null'], { env, stdio: ['pipe', 'pipe', 'inherit'] })
  let seen = ''
  let answered = false
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    seen += chunk
    if (answered || !seen.includes('the API key')) return
    answered = true
    child.stdin.write(`${KEY}\r`)
  })
  const late = setTimeout(() => child.kill('SIGKILL'), 30_000)
  await new Promise((resolve) => child.once('close', resolve)).finally(() => clearTimeout(late))
  expect(seen).toContain('Would this API key be accepted?')
  expect(seen).toContain('✓ Is it stored as better-auth stores it? as a hash')
  expect(seen).not.toContain('QQ')
})

test.concurrent('a name in the database does not write to the terminal, nor a line of its own', async () => {
  await using db = await testDatabase()
  const env = { DATABASE_URL: db.url }
  const slug = 'acme\u001b[2J\u009b31m\u202e\n✓ Is all well? yes'
  const userId = await db.insert('user')
  const told = async (...more: readonly string[]) => {
    const { stdout } = await authwatch(['diagnose', 'user', userId, ...more], { env })
    return stdout
  }
  const organizationId = await db.insert('organization', { slug: 'acme' })
  await db.insert('member', { userId, organizationId })
  expect(await told()).toContain(' a member of acme\n')

  await db.update('organization', organizationId, { slug })
  const text = await told()
  expect(text).toContain(' a member of acme\\u{1b}[2J\\u{9b}31m\\u{202e}\\u{a}✓ Is all well? yes\n')
  const json = await told('--json')
  for (const output of [text, json]) expect(output).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}]/u)
  const evidence = JSON.parse(json).steps.map((step: { evidence: string }) => step.evidence)
  expect(evidence).toContain(`a member of ${slug}`)
})

test.concurrent('a database that cannot be read is no verdict', async () => {
  const env = { DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none' }
  const { code, stdout } = await authwatch(['diagnose', 'user', 'ann@example.com'], { env })
  expect(code).toBe(3)
  expect(stdout).toContain('? Can the database be read? ERR_UNREACHABLE')
  expect(stdout).toContain('Nothing wrong was found; 1 could not be looked at.')
})

test.concurrent.each([
  [['alert', 'AuthwatchNoSuchThing'], 'alerts/README.md lists them'],
  [['login', '--server', 'crm-z'], 'no server is named crm-z'],
  [['user', 'ann@example.com', '--database', 'other'], 'no database is named other'],
])('diagnose %s is a wrong use, and says what is right', async (args, words) => {
  const env = { DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none' }
  const { code, stderr } = await authwatch(['diagnose', ...args], { env })
  expect(code).toBe(64)
  expect(stderr).toContain(words)
})
