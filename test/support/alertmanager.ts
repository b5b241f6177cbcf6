import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '../../src/embedded/free-port.ts'
import { binary } from './binaries.ts'
import { type CommandOutput, commandOutput } from './command-output.ts'
import { type ServerProcess, startServerProcess } from './server-process.ts'

const AMTOOL_TIMEOUT_MS = 20_000
const REQUEST_TIMEOUT_MS = 5_000

/** A real Alertmanager on a loopback port of its own, without a cluster. */
export interface TestAlertmanager extends AsyncDisposable {
  /** `host:port`, as Prometheus' configuration wants it. */
  readonly target: string
  readonly url: string
  readonly server: ServerProcess
  /** Hands it alerts as Prometheus would. */
  post(alerts: readonly PostedAlert[]): Promise<void>
}

export interface PostedAlert {
  readonly labels: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
  readonly endsAt?: string
}

/** Runs amtool to its end. It may print a harmless warning before its answer. */
export async function amtool(args: readonly string[]): Promise<CommandOutput> {
  return await commandOutput({ command: await binary('amtool'), args, timeoutMs: AMTOOL_TIMEOUT_MS })
}

/**
 * @param options.config the text of an `alertmanager.yml`.
 * @throws {BinaryMissingError | ServerNotReadyError}
 */
export async function startAlertmanager(options: { readonly config: string }): Promise<TestAlertmanager> {
  const command = await binary('alertmanager')
  const directory = await mkdtemp(join(tmpdir(), 'authwatch-alertmanager-'))
  const removeDirectory = () => rm(directory, { recursive: true, force: true })
  const target = `127.0.0.1:${await freePort()}`
  const url = `http://${target}`
  const configFile = join(directory, 'alertmanager.yml')
  await writeFile(configFile, options.config)
  const server = await startServerProcess({
    command,
    args: [
      `--config.file=${configFile}`,
      `--storage.path=${join(directory, 'data')}`,
      `--web.listen-address=${target}`,
      // Empty: no gossip, which would listen on every interface.
      '--cluster.listen-address=',
      '--log.level=warn',
    ],
    cwd: directory,
    ready: async () => (await request(`${url}/-/ready`)).ok,
  }).catch(async (cause: unknown) => {
    await removeDirectory()
    throw cause
  })
  return {
    target,
    url,
    server,
    async post(alerts) {
      const body = JSON.stringify(alerts)
      const headers = { 'content-type': 'application/json' }
      const response = await request(`${url}/api/v2/alerts`, { method: 'POST', headers, body })
      if (!response.ok) throw new Error(`Alertmanager answered ${response.status}: ${await response.text()}`)
    },
    async [Symbol.asyncDispose]() {
      await server.stop()
      await removeDirectory()
    },
  }
}

async function request(url: string, init: RequestInit = {}): Promise<Response> {
  return await fetch(url, { ...init, signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS) })
}
