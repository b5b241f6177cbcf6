import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { hash } from 'bcryptjs'
import pLimit from 'p-limit'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { environment } from '../../src/config/schema.ts'
import { freePort } from '../../src/embedded/free-port.ts'
import { authwatch } from '../commands/authwatch.ts'
import { forwardTo } from '../results/forwarder.ts'
import { startServe, type TestWorker, workerFolder } from '../support/worker.ts'
import { askEverything } from './ask-everything.ts'
import { type CommandLine, commandLines, wrongSetups } from './command-lines.ts'
import { collectEvidence, type Evidence, type Planted } from './evidence.ts'
import { type PlantedWorld, plantWorld, secret, token } from './planted-world.ts'
import { spellings } from './spellings.ts'
import { type QueueWatch, watchQueue } from './watch-queue.ts'

vi.setConfig({ testTimeout: 180_000, hookTimeout: 120_000 })

const WITHIN_MS = 60_000
/** A start of Node takes a processor for most of a second. */
const AT_ONCE = 3

/** Told to the program by people and clients. */
const told: Record<'a client’s token' | 'a wrong password' | 'the password of a user of the pages', string> &
  Record<string, string> = {
  'a client’s token': token('client'),
  'a wrong password': secret('wrong-password'),
  'the password of a user of the pages': token('page-password'),
  'a password in a URL of an option': 'Pl4nted-in-a-url',
  'a token that is too short': 'Pl4nted-too-short',
}

let world: PlantedWorld
let queue: QueueWatch
let evidence: Evidence
let worker: TestWorker
let folder: Awaited<ReturnType<typeof workerFolder>>

beforeAll(async () => {
  world = await plantWorld()
  evidence = await collectEvidence()
  folder = await workerFolder('authwatch-secrets-')
  await writeFile(join(folder.path, 'authwatch.yaml'), JSON.stringify(world.config))
  queue = await watchQueue(world.env.REDIS_URL)
  // So that there are failures with something to say.
  await world.fleet.fleet.restart('crm-b', {
    secret: token('other-auth'),
    extensionTokenSecret: token('other-extension'),
  })
  worker = await startServe({
    env: { ...world.env, AUTHWATCH_HTTP_PORT: String(world.port) },
    cwd: folder.path,
  })
})
afterAll(async () => {
  for (const thing of [worker, queue, folder, evidence, world]) await thing?.[Symbol.asyncDispose]()
})

const planted = async (): Promise<Planted> => new Map([...(await world.planted()), ...Object.entries(told)])

test('every secret of the environment is planted, and whatever is planted would be found', async () => {
  const secrets = Object.entries(environment).flatMap(([name, { secret }]) => (secret ? [name] : []))
  const all = await planted()
  expect([...all.keys()]).toEqual(expect.arrayContaining(secrets))
  await using known = await collectEvidence()
  expect(await known.leaks(all)).toEqual([])
  for (const [name, value] of all)
    await known.note(name, `{"x":["${[...spellings(value).keys()].join('","')}"]}`)
  const found = await known.leaks(all)
  for (const name of all.keys())
    expect(found.filter((line) => line.includes(`${name}, `)).length).toBeGreaterThan(0)
})

/** These do not end, or are given no secret. */
const LEFT_OUT = ['serve', 'demo', 'help', 'list', 'completion', 'waive', 'config']

/** Commands that nobody has thought of here are run as they are. */
async function unlisted(lines: readonly CommandLine[]): Promise<readonly CommandLine[]> {
  const { stdout } = await authwatch(['--help'])
  const listed = /Commands:\n((?: .*\n)*)/.exec(stdout)?.[1] ?? ''
  const all = [...listed.matchAll(/^ {2}([a-z]+)/gm)].map(([, name]) => name ?? '')
  expect(all).toContain('check')
  const known = new Set([...LEFT_OUT, ...lines.map(({ args }) => args[0])])
  return all.filter((name) => !known.has(name)).map((name) => ({ args: [name] }))
}

test('no command tells a secret', async () => {
  await worker.until({
    metric: 'authwatch_check_runs_total',
    labels: { check: 'secret.auth_differs', outcome: 'fail' },
    is: (runs) => runs > 0,
    withinMs: WITHIN_MS,
  })
  const lines = commandLines(world)
  await runAll([...lines, ...(await unlisted(lines))].map((line) => ({ ...line, env: {} })))
  expect(await evidence.leaks(await planted(), [folder.path])).toEqual([])
})

async function runAll(
  lines: readonly {
    readonly args: readonly string[]
    readonly input?: string
    readonly env: Readonly<Record<string, string>>
  }[],
): Promise<void> {
  const limit = pLimit(AT_ONCE)
  const runs = lines.map(({ args, env, ...input }) =>
    limit(async () => {
      const { output } = await authwatch(args, {
        env: { ...world.env, ...env },
        cwd: folder.path,
        ...input,
      })
      expect(output).not.toBe('')
      await evidence.note(args.join(' '), output)
    }),
  )
  await Promise.all(runs)
}

test('no answer of a worker, no row of its state and no job in its queue has a secret in it', async () => {
  const { url } = worker
  const ingestToken = world.env.AUTHWATCH_INGEST_TOKEN
  await evidence.note('answers', await askEverything({ url, secret: told['a client’s token'], ingestToken }))
  const ran = { metric: 'authwatch_check_runs_total', withinMs: WITHIN_MS }
  await worker.until({
    ...ran,
    labels: { check: 'session.user_missing', outcome: 'fail' },
    is: (runs) => runs > 1,
  })
  await worker.until({ ...ran, labels: { check: 'credential.refused_elsewhere' }, is: (runs) => runs > 0 })
  await evidence.note('metrics', await worker.metrics())
  await evidence.note('log', worker.log())
  await evidence.note('queue', await queue.read())
  const state = await rowsOfState()
  expect(state).toContain('session.user_missing')
  await evidence.note('state', state)
  expect(await evidence.leaks(await planted(), [folder.path])).toEqual([])
})

async function rowsOfState(): Promise<string> {
  const { state } = world
  const tables = await state.query(`select quote_ident(table_schema) || '.' || quote_ident(table_name) as name
      from information_schema.tables where table_schema not in ('pg_catalog', 'information_schema')`)
  const rows = []
  for (const { name } of tables) rows.push(...(await state.query(`select t::text as row from ${name} as t`)))
  return rows.map(({ row }) => String(row)).join('\n')
}

test('no mistake in the configuration and no backend that fails makes a command tell a secret', async () => {
  await using given = await workerFolder('authwatch-given-')
  await using silent = await forwardTo(9)
  silent.goSilent()
  const secretFile = join(given.path, 'secret')
  const secretYamls = YAMLS.map((_, i) => join(given.path, `secret-${i}.yaml`))
  const wrongPassword = told['a wrong password']
  await writeFile(secretFile, wrongPassword)
  for (const [i, path] of secretYamls.entries()) await writeFile(path, YAMLS[i]?.(wrongPassword) ?? '')
  const places = {
    wrongPassword,
    closedPort: await freePort(),
    silentPort: silent.port,
    secretFile,
    secretYamls,
  }
  const setups = wrongSetups(world, places)
  await runAll(setups.flatMap(({ env, lines }) => lines.map((line) => ({ args: line.split(' '), env }))))
  expect(await evidence.leaks(await planted(), [folder.path])).toEqual([])
})

/** Secrets where a hasty person puts them. */
const YAMLS: readonly ((secret: string) => string)[] = [
  (secret) => {
    const text = JSON.stringify(secret)
    const inUrl = encodeURIComponent(secret)
    return `databases: [{ name: ${text}, url: ${text}, urlEnv: ${text} }]
servers: [{ name: crm, url: "http://reader:${inUrl}@127.0.0.1", token: ${text} }]
http: { host: 127.0.0.1, password: ${text} }
basic_auth_users: { alice: ${text} }
alerts: { grafanaUrl: "https://admin:${inUrl}@grafana.example.com" }
log: { level: ${text} }
`
  },
  (secret) => `log: { level: *${secret.slice(0, 12)} }`,
  (secret) => `password: ${secret}\npassword: ${secret}\n- ${secret}`,
]

test('secrets in files, an embedded state and a password for the pages leave no trace in the folder', async () => {
  await using given = await workerFolder('authwatch-given-')
  await using own = await workerFolder('authwatch-embedded-')
  const { STATE_DATABASE_URL: _state, REDIS_URL: _redis, ...secrets } = world.env
  const files = Object.entries(secrets).map(([name, value]) => ({
    name,
    value,
    path: join(given.path, name),
  }))
  for (const { path, value } of files) await writeFile(path, `${value}\n`)
  const password = told['the password of a user of the pages']
  const users = join(given.path, 'web.yml')
  told['its hash'] = await hash(password, 4)
  await writeFile(users, `basic_auth_users: { alice: '${told['its hash']}' }`)
  const env = Object.fromEntries(files.map(({ name, path }) => [`${name}_FILE`, path]))
  await using worker = await startServe({
    env: { ...env, AUTHWATCH_WEB_CONFIG_FILE: users },
    config: world.config,
    cwd: own.path,
  })
  const authorization = `Basic ${Buffer.from(`alice:${password}`).toString('base64')}`
  const asking = {
    url: worker.url,
    secret: told['a client’s token'],
    ingestToken: secrets.AUTHWATCH_INGEST_TOKEN,
  }
  await vi.waitFor(async () => {
    const answer = await fetch(`${worker.url}/metrics`, { headers: { authorization } })
    expect(answer.status).toBe(200)
    expect(await answer.text()).toMatch(/authwatch_check_findings\{.*target="other"/)
  }, WITHIN_MS)
  await evidence.note('answers to somebody', await askEverything({ ...asking, authorization }))
  await evidence.note('answers to nobody', await askEverything(asking))
  await worker.stop()
  await evidence.note('log of the embedded', worker.log())
  expect(await evidence.leaks(await planted(), [own.path])).toEqual([])
})

test('a crash tells no secret', async () => {
  await using own = await workerFolder('authwatch-crash-')
  const bomb = join(own.path, 'bomb.mjs')
  // An error of a library holds what it was called with, and Node would print it.
  await writeFile(
    bomb,
    `const explode = (make) => setTimeout(() => { throw make() }, 1500)
    explode(() => Object.assign(new Error('bomb'), { url: process.env.DATABASE_URL, cause: new Error(process.env.BETTER_AUTH_SECRET) }))`,
  )
  const env = { ...world.env, NODE_OPTIONS: `--import=${bomb}`, AUTHWATCH_HTTP_PORT: '0' }
  const { code, output } = await authwatch(['serve'], { env, cwd: own.path, config: world.config })
  expect(code).not.toBe(0)
  expect(output).toContain('bomb')
  await evidence.note('crash', output)
  process.kill(worker.pid, 'SIGUSR1')
  await sleep(500)
  await worker.kill()
  expect(worker.log()).not.toMatch(/debugger|inspector/i)
  await evidence.note('log of the killed', worker.log())
  expect(await evidence.leaks(await planted(), [own.path, folder.path])).toEqual([])
})
