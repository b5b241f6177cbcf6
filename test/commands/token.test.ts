import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { SignJWT, UnsecuredJWT } from 'jose'
import { expect, test, vi } from 'vitest'
import { testDatabase } from '../support/database.ts'
import { authwatchCommand } from '../support/worker.ts'
import { authwatch } from './authwatch.ts'

vi.setConfig({ testTimeout: 120_000 })

const SECRET = 'an-extension-secret-of-forty-characters!'

/** `authwatch token inspect` with this on its standard input. */
async function inspect(token: string, env: Readonly<Record<string, string>>) {
  const [program = '', ...args] = await authwatchCommand(['token', 'inspect', '--json'])
  const options = { env: { PATH: process.env.PATH ?? '', ...env }, timeout: 30_000 }
  const running = promisify(execFile)(program, args, options)
  running.child.stdin?.end(token)
  const { code, stdout, stderr } = await running.then(
    (done) => ({ code: 0, ...done }),
    (failed: { code: number; stdout: string; stderr: string }) => failed,
  )
  expect(`${stdout}${stderr}`).not.toContain(token.trim().split('.').at(-1) || 'nothing')
  expect(`${stdout}${stderr}`).not.toContain(SECRET)
  const facts: readonly { name: string; judgement: string }[] = stdout === '' ? [] : JSON.parse(stdout).facts
  const wrong = facts.filter(({ judgement }) => judgement !== 'good').map(({ name }) => name)
  return { code, wrong, stderr }
}

test('a token that was minted is good, and others are told what is wrong with them', async () => {
  await using db = await testDatabase('snakeCase')
  const user = await db.insert('user')
  const org = await db.insert('organization')
  await db.insert('member', { userId: user, organizationId: org })
  const env = { DATABASE_URL: await db.readOnlyUrl(), EXTENSION_TOKEN_SECRET: SECRET }
  const mint = ['token', 'mint', '--user', user, '--org', org]
  const minted = await authwatch([...mint, '--scopes', 'actions:invoke,read'], { env })
  expect(minted.code).toBe(0)
  expect(minted.stdout).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+\n$/)
  expect(minted.stderr).toContain(`acts as user ${user} in organization ${org}`)
  expect(minted.stderr).not.toContain(minted.stdout.trim())
  const token = minted.stdout
  const part = Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()
  const claims: unknown = JSON.parse(part)
  expect(claims).toMatchObject({
    orgId: org,
    userId: user,
    scopes: ['actions:invoke', 'read'],
    aud: 'authwatch',
  })

  const now = Math.floor(Date.now() / 1000)
  const own = { orgId: org, userId: user, extension_id: 'authwatch', scopes: ['read'], aud: 'authwatch' }
  const key = new TextEncoder().encode(SECRET)
  const made = (more: Readonly<Record<string, unknown>>, by = key) =>
    new SignJWT({ ...own, iat: now, exp: now + 600, ...more }).setProtectedHeader({ alg: 'HS256' }).sign(by)
  const unsigned = new UnsecuredJWT({ ...own, iat: now, exp: now + 600 }).encode()
  const verdicts = await Promise.all([
    inspect(`Bearer ${token}`, env),
    inspect(token, { DATABASE_URL: env.DATABASE_URL }),
    inspect(await made({}, new TextEncoder().encode('another-secret-of-more-than-32-characters')), env),
    inspect(await made({ iat: now - 900, exp: now - 300 }), env),
    inspect(await made({ exp: now + 7_200 }), env),
    inspect(await made({ aud: 'other', scopes: ['*'] }), env),
    inspect(unsigned, env),
    inspect('what is this', env),
  ])
  expect(verdicts.map(({ code, wrong }) => [code, ...wrong])).toEqual([
    [0],
    [3, 'signature'],
    [2, 'signature'],
    [2, 'expires'],
    [1, 'lifetime'],
    [2, 'audience', 'scopes'],
    [2, 'algorithm', 'signature'],
    [64],
  ])
})

test('what is dangerous or makes no sense is minted by force only', async () => {
  await using db = await testDatabase()
  const user = await db.insert('user')
  const org = await db.insert('organization')
  await db.insert('member', { userId: user, organizationId: org })
  const stranger = await db.insert('user')
  const env = { DATABASE_URL: db.url, EXTENSION_TOKEN_SECRET: SECRET }
  const mint = (who: string, where: string, more: readonly string[] = []) =>
    authwatch(['token', 'mint', '--user', who, '--org', where, ...more], { env })
  const refused = await Promise.all([
    mint(user, org, ['--scopes', 'read,*']),
    mint(user, org, ['--ttl', '2h']),
    mint('nobody', org),
    mint(user, 'nowhere'),
    mint(stranger, org),
  ])
  expect(refused.map(({ code, stdout }) => [code, stdout])).toEqual(refused.map(() => [64, '']))
  expect(refused.map(({ stderr }) => /no token was made: (.*) \(--force/.exec(stderr)?.[1])).toEqual([
    'the scope * opens everything, and a healthy server refuses it',
    "2h is longer than the policy's 1h",
    'there is no user nobody',
    'there is no organization nowhere',
    `user ${stranger} does not belong to organization ${org}`,
  ])
  const forced = await mint(stranger, org, ['--force'])
  expect(forced.code).toBe(0)
  expect(forced.stderr).toContain('forced: user')
  const without = await authwatch(['token', 'mint', '--user', user, '--org', org], {
    env: { DATABASE_URL: db.url },
  })
  expect(without).toMatchObject({ code: 64, stdout: '' })
})
