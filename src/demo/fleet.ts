import { randomBytes } from 'node:crypto'
import { freePort } from '../embedded/free-port.ts'
import { migrate } from './migrate.ts'
import { type ServerProcess, type ServerStart, startServerProcess } from './server-process.ts'
import { healthySettings, type ServerIdentity, type ServerSettings } from './settings.ts'

export interface FleetServer {
  readonly name: string
  /** Where it listens, on the loopback interface. The port stays over restarts. */
  readonly url: string
  /** Where users believe it is: BETTER_AUTH_URL. */
  readonly publicUrl: string
  readonly settings: ServerSettings
  /** What it was first started with. */
  readonly given: ServerSettings
  /** False after `stop`, `kill` or a crash. */
  readonly isRunning: boolean
}

/** Real servers of the demo CRM over one database, each in its own process. They end with this one. */
export interface Fleet extends AsyncDisposable {
  readonly servers: readonly FleetServer[]
  /** What the servers were first given. Never log it. */
  readonly secrets: { readonly auth: string; readonly extensionToken: string }
  readonly databaseUrl: string
  /** @throws RangeError when there is no such server */
  server(name: string): FleetServer
  /** Stops the server if it runs, and starts it with these settings changed. */
  restart(name: string, patch?: SettingsPatch): Promise<void>
  /** As an operator does. */
  stop(name: string): Promise<void>
  /** As a crash does. */
  kill(name: string): Promise<void>
  /**
   * Keeps what runs beside the servers, such as a client of theirs, and ends it with them.
   * @throws RangeError when the name is taken
   */
  attach(name: string, companion: AsyncDisposable): void
  /** Ends what was attached under this name, if anything. */
  detach(name: string): Promise<void>
}

/** The name and the port are what a server is known by. */
export type SettingsPatch = Partial<Omit<ServerSettings, 'name' | 'port'>>

export interface FleetOptions {
  readonly databaseUrl: string
  /** One server each. */
  readonly names: readonly string[]
  /** For all servers, from the start. */
  readonly overrides?: SettingsPatch
  readonly onLog?: (entry: { readonly server: string; readonly line: string }) => void
  /** Path of the servers' program, compiled; else the one beside this program. */
  readonly program?: string
}

interface Member {
  readonly given: ServerSettings
  settings: ServerSettings
  process: ServerProcess | undefined
}

/** Makes the CRM's tables where they are missing, starts the servers, and waits until each answers. */
export async function startFleet(options: FleetOptions): Promise<Fleet> {
  const secrets = { auth: randomSecret(), extensionToken: randomSecret() }
  const members = new Map<string, Member>()
  for (const name of new Set(options.names)) {
    const identity: ServerIdentity = {
      name,
      port: await freePort(),
      databaseUrl: options.databaseUrl,
      secret: secrets.auth,
      extensionTokenSecret: secrets.extensionToken,
    }
    const given = { ...healthySettings(identity), ...options.overrides }
    members.set(name, { given, settings: given, process: undefined })
  }
  const [first] = members.values()
  if (first === undefined) throw new RangeError('A fleet has at least one server.')
  await migrate(first.settings)
  const fleet = fleetOf({ members, secrets, options })
  const starts = await Promise.allSettled([...members.keys()].map((name) => fleet.restart(name)))
  const failed = starts.find((start) => start.status === 'rejected')
  if (failed === undefined) return fleet
  await fleet[Symbol.asyncDispose]()
  throw failed.reason
}

function fleetOf({
  members,
  secrets,
  options,
}: {
  readonly members: ReadonlyMap<string, Member>
  readonly secrets: Fleet['secrets']
  readonly options: FleetOptions
}): Fleet {
  const memberOf = (name: string): Member => {
    const member = members.get(name)
    if (member === undefined) throw new RangeError(`There is no server ${name}.`)
    return member
  }
  const stop = async (name: string) => memberOf(name).process?.stop()
  const companions = keepCompanions()
  return {
    get servers() {
      return [...members.values()].map(describe)
    },
    secrets,
    databaseUrl: options.databaseUrl,
    server: (name) => describe(memberOf(name)),
    async restart(name, patch = {}) {
      const member = memberOf(name)
      await member.process?.stop()
      member.settings = { ...member.settings, ...patch }
      const onLog = (line: string) => options.onLog?.({ server: name, line })
      member.process = await startMember(member.settings, { program: options.program, onLog })
    },
    stop,
    async kill(name) {
      await memberOf(name).process?.kill()
    },
    attach: companions.attach,
    detach: companions.detach,
    async [Symbol.asyncDispose]() {
      await companions[Symbol.asyncDispose]()
      await Promise.all([...members.keys()].map(stop))
    },
  }
}

function keepCompanions(): Pick<Fleet, 'attach' | 'detach'> & AsyncDisposable {
  const companions = new Map<string, AsyncDisposable>()
  const detach = async (name: string) => {
    const companion = companions.get(name)
    companions.delete(name)
    await companion?.[Symbol.asyncDispose]()
  }
  return {
    attach(name, companion) {
      if (companions.has(name)) throw new RangeError(`There is something attached as ${name} already.`)
      companions.set(name, companion)
    },
    detach,
    async [Symbol.asyncDispose]() {
      await Promise.all([...companions.keys()].map(detach))
    },
  }
}

/** Two processes when a proxy stands before the server: the proxy has the port that is known. */
async function startMember(settings: ServerSettings, how: ServerStart): Promise<ServerProcess> {
  if (!settings.stripSetCookie) return startServerProcess(settings, how)
  const port = await freePort()
  const server = await startServerProcess({ ...settings, port }, how)
  const proxy = await startServerProcess({ ...settings, forwardTo: port }, how).catch(async (cause) => {
    await server.kill()
    throw cause
  })
  const both = [proxy, server]
  return {
    isRunning: () => both.every((each) => each.isRunning()),
    stop: async () => void (await Promise.all(both.map((each) => each.stop()))),
    kill: async () => void (await Promise.all(both.map((each) => each.kill()))),
  }
}

function describe({ given, settings, process }: Member): FleetServer {
  return {
    name: settings.name,
    url: `http://127.0.0.1:${settings.port}`,
    publicUrl: settings.baseURL,
    settings,
    given,
    isRunning: process?.isRunning() === true,
  }
}

function randomSecret(): string {
  return randomBytes(32).toString('base64url')
}
