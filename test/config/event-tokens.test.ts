import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { loadConfig } from '../../src/config/load.ts'

const TOKEN = 'a-token-of-more-than-32-characters'
const env = { DATABASE_URL: 'postgres://app@127.0.0.1:5432/crm' }
const load = (more: Readonly<Record<string, string>>, cwd = tmpdir()) =>
  loadConfig({ env: { ...env, ...more }, cwd, catalogue: [] })

test('events are taken with no token, one, or two at once', () => {
  expect(load({}).ingestTokens).toEqual([])
  expect(load({ AUTHWATCH_INGEST_TOKEN: TOKEN }).ingestTokens).toEqual([TOKEN])
  const both = { AUTHWATCH_INGEST_TOKEN: TOKEN, AUTHWATCH_INGEST_TOKEN_NEXT: `${TOKEN}-next` }
  expect(load(both).ingestTokens).toEqual([TOKEN, `${TOKEN}-next`])
})

test('a token may be in a file', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'authwatch-token-'))
  try {
    await writeFile(join(folder, 'token'), `${TOKEN}\n`)
    expect(load({ AUTHWATCH_INGEST_TOKEN_FILE: 'token' }, folder).ingestTokens).toEqual([TOKEN])
    expect(() => load({ AUTHWATCH_LOG_LEVEL_FILE: 'token' }, folder)).toThrow(
      'AUTHWATCH_LOG_LEVEL_FILE: no such setting',
    )
  } finally {
    await rm(folder, { recursive: true })
  }
})

test.for(['short', 'hunter2 hunter2 hunter2 hunter2 hunter2'])(
  'a token that could be guessed or cannot be sent is refused and not repeated',
  (token) => {
    const attempt = () => load({ AUTHWATCH_INGEST_TOKEN_NEXT: token })
    expect(attempt).toThrow('environment AUTHWATCH_INGEST_TOKEN_NEXT: use 32 random characters or more')
    expect(attempt).not.toThrow(token)
  },
)

test('the attestation of servers is asked for where the file says and with what the environment holds', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'authwatch-attestation-'))
  try {
    expect(load({}, folder).fleet).toMatchObject({ routes: { attestation: null } })
    await writeFile(join(folder, 'authwatch.yaml'), 'routes: { attestation: /authwatch/attestation }\n')
    const { fleet } = load({ AUTHWATCH_ATTESTATION_TOKEN: TOKEN }, folder)
    expect(fleet).toMatchObject({
      routes: { attestation: '/authwatch/attestation' },
      secrets: { attestationToken: TOKEN },
    })
  } finally {
    await rm(folder, { recursive: true })
  }
})
