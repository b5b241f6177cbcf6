import { randomBytes } from 'node:crypto'
import { freePort } from '../embedded/free-port.ts'
import { migrate } from './migrate.ts'
import { type ServerProcess, startServerProcess } from './server-process.ts'
import { healthySettings, type ServerIdentity, type ServerSettings } from './settings.ts'

export interface FleetServer {
  readonly name: string
  /** Where it listens, on the loopback interface. The port stays over restarts. */
  readonly url: string
  /** Where users believe it is: BETTER_AUTH_URL. */
  readonly publicUrl: string
  readonly settings: ServerSettings
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
}

interface Member {
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
    members.set(name, {
      settings: { ...healthySettings(identity), ...options.overrides },
      process: undefined,
    })
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
      member.process = await startServerProcess(member.settings, (line) =>
        options.onLog?.({ server: name, line }),
      )
    },
    stop,
    async kill(name) {
      await memberOf(name).process?.kill()
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([...members.keys()].map(stop))
    },
  }
}

function describe({ settings, process }: Member): FleetServer {
  return {
    name: settings.name,
    url: `http://127.0.0.1:${settings.port}`,
    publicUrl: settings.baseURL,
    settings,
    isRunning: process?.isRunning() === true,
  }
}

function randomSecret(): string {
  return randomBytes(32).toString('base64url')
}
