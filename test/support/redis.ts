import { mkdtemp, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '../../src/embedded/free-port.ts'
import { binary } from './binaries.ts'
import { type ServerProcess, startServerProcess } from './server-process.ts'

const REPLY_TIMEOUT_MS = 2_000
const PORT_TRIES = 3

/** A real, empty Redis on a loopback port of its own, which keeps nothing on disk. */
export interface TestRedis extends AsyncDisposable {
  readonly url: string
  readonly port: number
  /** What the running server printed last. */
  log(): string
  /** SIGTERM: it takes leave of its clients. */
  stop(): Promise<void>
  /** SIGKILL: as in a crash. */
  kill(): Promise<void>
  /** Starts it again, empty and on the same port, after `stop` or `kill`. */
  start(): Promise<void>
  /** Connections stay open and nothing answers, as in a hang. */
  pause(): void
  resume(): void
  /** Deletes every key. */
  flush(): Promise<void>
  /** Sends one command in inline form (`PING`, `CONFIG SET maxmemory 1mb`) and answers with its raw reply. */
  command(line: string): Promise<string>
}

/**
 * @param options.args further options of `redis-server`, after ours, so that they win.
 * @throws {BinaryMissingError | ServerNotReadyError}
 */
export async function startRedis(options?: { readonly args?: readonly string[] }): Promise<TestRedis> {
  const command = await binary('redis-server')
  const directory = await mkdtemp(join(tmpdir(), 'authwatch-redis-'))
  const run = (port: number) => runRedis({ command, directory, port, args: options?.args ?? [] })
  try {
    const { port, server } = await onFreePort(run)
    return testRedis({ port, server, directory, run })
  } catch (cause) {
    await rm(directory, { recursive: true, force: true })
    throw cause
  }
}

function testRedis(options: {
  readonly port: number
  readonly server: ServerProcess
  readonly directory: string
  readonly run: (port: number) => Promise<ServerProcess>
}): TestRedis {
  const { port, directory, run } = options
  let { server } = options
  const command = (line: string) => redisReply({ port, line })
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    log: () => server.log(),
    stop: () => server.stop(),
    kill: () => server.kill(),
    async start() {
      await server.stop()
      server = await run(port)
    },
    pause: () => server.pause(),
    resume: () => server.resume(),
    async flush() {
      const reply = await command('FLUSHALL')
      if (reply !== '+OK') throw new Error(`FLUSHALL was answered with ${reply}`)
    },
    command,
    async [Symbol.asyncDispose]() {
      await server.stop()
      await rm(directory, { recursive: true, force: true })
    },
  }
}

async function onFreePort(
  run: (port: number) => Promise<ServerProcess>,
): Promise<{ port: number; server: ServerProcess }> {
  for (let attempt = 1; ; attempt += 1) {
    const port = await freePort()
    try {
      return { port, server: await run(port) }
    } catch (cause) {
      const taken = cause instanceof Error && /address already in use/i.test(cause.message)
      if (!taken || attempt === PORT_TRIES) throw cause
    }
  }
}

async function runRedis(options: {
  readonly command: string
  readonly directory: string
  readonly port: number
  readonly args: readonly string[]
}): Promise<ServerProcess> {
  const { command, directory, port, args } = options
  const memoryOnly = [
    '--save',
    '',
    '--appendonly',
    'no',
    '--maxmemory-policy',
    'noeviction',
    '--daemonize',
    'no',
  ]
  return await startServerProcess({
    command,
    args: ['--bind', '127.0.0.1', '--port', String(port), '--dir', directory, ...memoryOnly, ...args],
    async ready() {
      const reply = await redisReply({ port, line: 'PING' })
      return reply === '+PONG' || reply.startsWith('-NOAUTH')
    },
  })
}

/** Over a bare socket: a client library would reconnect and retry, and so hide what the server does. */
async function redisReply(options: { readonly port: number; readonly line: string }): Promise<string> {
  const socket = connect({ host: '127.0.0.1', port: options.port })
  try {
    return await new Promise<string>((resolve, reject) => {
      socket.setTimeout(REPLY_TIMEOUT_MS, () =>
        reject(new Error(`Redis gave no reply in ${REPLY_TIMEOUT_MS} ms`)),
      )
      socket.once('error', reject)
      socket.once('close', () => reject(new Error('Redis closed the connection')))
      socket.once('data', (chunk) => resolve(chunk.toString('utf8').trim()))
      socket.write(`${options.line}\r\n`)
    })
  } finally {
    socket.destroy()
  }
}
