import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, chown, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { z } from 'zod'
import { demoFault } from '../../src/commands/demo-fault.ts'
import type { Terminal } from '../../src/commands/terminal/terminal.ts'
import { serveControl } from '../../src/demo/control.ts'
import type { DemoContext } from '../../src/demo/faults/fault.ts'
import { faultOf, faults } from '../../src/demo/faults/index.ts'
import { activeFaults } from '../../src/demo/faults/ledger.ts'
import { spareUser } from '../../src/demo/faults/roles.ts'
import { freePort } from '../../src/embedded/free-port.ts'
import { type DemoCrm, startDemoCrm } from './demo-crm.ts'
import { looks } from './fault-looks.ts'

// Some faults restart every server, twice, which takes seconds on a busy machine.
vi.setConfig({ testTimeout: 60_000 })

let crm: DemoCrm
let demo: DemoContext
let folder: string

beforeAll(async () => {
  crm = await startDemoCrm()
  const { fleet, seeded } = crm
  demo = { fleet, seeded, databaseUrl: fleet.databaseUrl }
  folder = await mkdtemp(path.join(tmpdir(), 'authwatch-control-'))
}, 60_000)

afterEach(() => crm.sql(`delete from session where ip_address like '198.19.%'`))

afterAll(async () => {
  await crm?.[Symbol.asyncDispose]()
  if (folder !== undefined) await rm(folder, { recursive: true, force: true })
})

/** Everything in the database but what use alone changes: keys' counters and sessions' refreshes. */
const TABLES = {
  '"user"': [],
  account: [],
  session: ['updated_at'],
  organization: [],
  member: [],
  invitation: [],
  jwks: [],
  api_key: ['updated_at', 'last_request', 'request_count'],
}

async function everything(): Promise<unknown> {
  const rows = Object.entries(TABLES).map(
    ([table, volatile]) =>
      `select '${table}' as what, to_jsonb(t) - '{${volatile.join(',')}}'::text[] as is from ${table} t`,
  )
  const shape = `select 'column', to_jsonb(array[table_name, column_name, is_nullable, data_type, column_default])
      from information_schema.columns where table_schema = 'public'
    union all select 'constraint', to_jsonb(array[conrelid::regclass::text, conname, pg_get_constraintdef(oid)])
      from pg_constraint where connamespace = 'public'::regnamespace`
  return crm.sql(`${[...rows, shape].join(' union all ')} order by 1, 2`)
}

test('every fault has its look', () => {
  expect(faults.map(({ id }) => id)).toEqual(Object.keys(looks))
})

test.each(faults.map((fault) => [fault.id, fault.title, fault] as const))(
  'health, then %s: %s; then health',
  async (id, _, fault) => {
    const { see, healthy, faulty } = looks[id]!
    expect(await see(crm)).toEqual(healthy)
    await crm.sql(`delete from session where ip_address like '198.19.%'`)
    const before = await everything()
    const settings = crm.fleet.servers.map((server) => server.settings)

    await fault.on(demo)
    expect(await see(crm)).toEqual(faulty)
    expect([...(await activeFaults(demo.databaseUrl))]).toEqual([id])
    await expect(fault.on(demo)).rejects.toMatchObject({
      code: 'ERR_FAULT_ON',
      message: `${id} is on already.`,
    })

    await fault.off(demo)
    await crm.sql(`delete from session where ip_address like '198.19.%'`)
    expect(await everything()).toEqual(before)
    expect(crm.fleet.servers.map((server) => server.settings)).toEqual(settings)
    expect(await see(crm)).toEqual(healthy)
    await expect(fault.off(demo)).rejects.toMatchObject({ code: 'ERR_FAULT_OFF' })
  },
)

test('faults that change the same thing exclude each other, and others do not', async () => {
  await faultOf('F18').on(demo)
  await expect(faultOf('F30').on(demo)).rejects.toMatchObject({
    code: 'ERR_FAULT_CONFLICT',
    message: expect.stringContaining('crm-b:extensionTokenSecret'),
  })
  await faultOf('F21').on(demo)
  expect(await looks.F18!.see(crm)).toEqual(looks.F18!.faulty)
  expect(await looks.F21!.see(crm)).toEqual(looks.F21!.faulty)
  await faultOf('F18').off(demo)
  expect(await looks.F18!.see(crm)).toEqual(looks.F18!.healthy)
  expect(await looks.F21!.see(crm)).toEqual(looks.F21!.faulty)
  await faultOf('F21').off(demo)
})

test('a fault that cannot be made leaves nothing behind', async () => {
  const { id } = spareUser(crm.seeded, 0)
  const [account] = await crm.sql('select password from account where user_id = $1', [id])
  await crm.sql(`update account set password = 'none' where user_id = $1`, [id])
  const before = await everything()
  await expect(faultOf('F02').on(demo)).rejects.toMatchObject({ code: 'ERR_FAULT_FAILED' })
  expect(crm.fleet.server('crm-b').settings.sessionExpiresIn).toBe(604_800)
  expect(await looks.F02!.see(crm)).toEqual(looks.F02!.healthy)
  await crm.sql(`delete from session where ip_address like '198.19.%'`)
  expect(await everything()).toEqual(before)
  expect([...(await activeFaults(demo.databaseUrl))]).toEqual([])
  await crm.sql('update account set password = $2 where user_id = $1', [id, account?.password])
})

function terminal(): Terminal & { readonly text: () => string } {
  let text = ''
  const write = (more: string) => {
    text += more
  }
  const stop = new AbortController().signal
  return {
    env: {},
    cwd: '/',
    out: write,
    err: write,
    ask: async () => '',
    read: async () => '',
    colours: false,
    interactive: false,
    stop,
    text: () => text,
  }
}

async function command(action: 'on' | 'off' | 'list', id?: string): Promise<string> {
  const shown = terminal()
  await demoFault({ id, action, directory: path.join(folder, 'control') }, shown)
  return shown.text()
}

test('another process of the user switches the faults of a running demo', async () => {
  const directory = path.join(folder, 'control')
  const file = path.join(directory, 'control.json')
  await expect(command('list')).rejects.toMatchObject({ code: 'ERR_NO_DEMO' })
  {
    await using _control = await serveControl({ context: demo, directory })
    expect([(await stat(directory)).mode & 0o777, (await stat(file)).mode & 0o777]).toEqual([0o700, 0o600])
    expect(await command('list')).toMatch(/^F21\s+– off\s+The debug route/m)
    expect(await looks.F21!.see(crm)).toBe(401)
    expect(await command('on', 'F21')).toMatch(
      /^✓ F21 is on [\d.]+ s\n {4}The debug route of one server answers/,
    )
    expect(await looks.F21!.see(crm)).toBe(200)
    expect(await command('list')).toMatch(/^F21\s+✗ on\s+The debug route/m)
    await expect(command('on', 'F21')).rejects.toThrow('F21 is on already.')
    expect(await command('off', 'F21')).toMatch(/^✓ F21 is off [\d.]+ s\n {4}no longer: The debug route/)
    expect(await looks.F21!.see(crm)).toBe(401)
    await expect(command('on', 'F99')).rejects.toMatchObject({
      code: 'ERR_USAGE',
      message: expect.stringMatching(/^There is no fault F99\. There are F01, .*F30b\.$/),
    })
    await expect(command('on')).rejects.toMatchObject({ code: 'ERR_USAGE' })

    const schema = z.object({ port: z.number(), token: z.string() })
    const { port, token } = schema.parse(JSON.parse(await readFile(file, 'utf8')))
    const ask = (authorization: string, body?: string) =>
      fetch(`http://127.0.0.1:${port}/faults${body === undefined ? '' : '/F21'}`, {
        headers: { authorization },
        ...(body === undefined ? {} : { method: 'POST', body }),
      })
    expect((await ask('Bearer nonsense')).status).toBe(401)
    expect((await ask(`Bearer ${token}`)).status).toBe(200)
    expect((await ask('', '{"on":true}')).status).toBe(401)
    expect((await ask(`Bearer ${token}`, '{"on":1}')).status).toBe(400)
    expect((await ask(`Bearer ${token}`, 'x'.repeat(5_000))).status).toBe(413)
    await expect(serveControl({ context: demo, directory })).rejects.toMatchObject({
      code: 'ERR_DEMO_RUNNING',
    })
  }
  await expect(stat(directory)).rejects.toMatchObject({ code: 'ENOENT' })
  await expect(command('list')).rejects.toThrow('start `authwatch demo` in another terminal')
})

test('what a dead demo left is no demo, and the next one replaces it', async () => {
  const directory = path.join(folder, 'control')
  const leave = async (pid: number) => {
    await mkdir(directory, { recursive: true, mode: 0o700 })
    const text = JSON.stringify({ pid, port: await freePort(), token: 'x'.repeat(43) })
    await writeFile(path.join(directory, 'control.json'), text, { mode: 0o600 })
  }
  const dead = spawn(process.execPath, ['--eval', ''])
  await once(dead, 'exit')
  for (const pid of [dead.pid!, process.pid]) {
    await leave(pid)
    await expect(command('list')).rejects.toMatchObject({ code: 'ERR_NO_DEMO' })
    await using _control = await serveControl({ context: demo, directory })
    expect(await command('list')).toContain('F01')
  }
})

test('a folder that others can read or own is refused', async () => {
  const directory = path.join(folder, 'control')
  const refused = { code: 'ERR_CONTROL_DIRECTORY' }
  await mkdir(directory)
  await chmod(directory, 0o755)
  await expect(serveControl({ context: demo, directory })).rejects.toMatchObject(refused)
  await expect(command('list')).rejects.toMatchObject(refused)
  await chmod(directory, 0o700)
  if (process.getuid?.() !== 0) return
  await chown(directory, 65_534, 65_534)
  await expect(serveControl({ context: demo, directory })).rejects.toMatchObject(refused)
  await chown(directory, 0, 0)
})
