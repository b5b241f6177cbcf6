import { constants } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type Server as PlainServer, type RequestListener } from 'node:http'
import {
  createServer as createSecureServer,
  Server as SecureServer,
  type ServerOptions as SecureServerOptions,
} from 'node:https'
import { getRequestListener } from '@hono/node-server'
import { HttpServerError } from './http-server-error.ts'
import type { PromptAnswer } from './prompt-metrics.ts'
import { allowsClient, asksForCertificate } from './web-config/client-certificates.ts'
import type { FollowedWebConfig } from './web-config/follow-web-config.ts'
import type { WebConfig } from './web-config/read-web-config.ts'

export interface ListenOptions {
  /** Default `127.0.0.1`: nobody else reads the metrics unless somebody decides so. */
  readonly host?: string
  /** 0: any free one. */
  readonly port: number
  /** Time that requests under way have to end when the server closes, in milliseconds. Default 5000. */
  readonly closeWithinMs?: number
  /** Certificates, and who is let in by theirs. Absent, or without TLS in it: plain HTTP. */
  readonly web?: Pick<FollowedWebConfig, 'current' | 'onChange'>
}

type Server = PlainServer | SecureServer

/** A server that listens. Disposing it lets requests under way end, up to the deadline, and then cuts them off. */
export interface HttpServer extends AsyncDisposable {
  readonly host: string
  /** The real one, also when 0 was asked for. */
  readonly port: number
  readonly url: string
}

/** Longer than the usual scrape intervals, so that Prometheus keeps its connection. */
const KEEP_ALIVE_MS = 75_000
const HEADERS_TIMEOUT_MS = 10_000
const REQUEST_TIMEOUT_MS = 15_000
/** A client that neither reads nor writes for so long is cut off. */
const SOCKET_TIMEOUT_MS = 60_000
const CHECK_TIMEOUTS_MS = 5_000
const MAX_HEADER_BYTES = 16_384
const MAX_CONNECTIONS = 256
const CLOSE_IDLE_MS = 50

export interface ListeningApp {
  fetch(request: Request): Response | Promise<Response>
  /** Asked before `fetch`, and gives on what it does not answer. */
  readonly prompt?: PromptAnswer
}

/** @throws {HttpServerError} */
export async function listen(app: ListeningApp, options: ListenOptions): Promise<HttpServer> {
  const { host = '127.0.0.1', closeWithinMs = 5_000, web } = options
  const tls = web?.current().tls
  const limits = {
    keepAliveTimeout: KEEP_ALIVE_MS,
    headersTimeout: HEADERS_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    connectionsCheckingInterval: CHECK_TIMEOUTS_MS,
    maxHeaderSize: MAX_HEADER_BYTES,
  }
  const answer = listenerOf(app)
  const server: Server =
    tls === undefined
      ? createServer(limits, answer)
      : createSecureServer({ ...limits, ...tlsOptions(tls) }, answer)
  if (web !== undefined && server instanceof SecureServer) guardConnections(server, web)
  server.setTimeout(SOCKET_TIMEOUT_MS)
  server.maxConnections = MAX_CONNECTIONS
  const port = await bind(server, { host, port: options.port })
  return {
    host,
    port,
    url: `http${tls === undefined ? '' : 's'}://${host.includes(':') ? `[${host}]` : host}:${port}`,
    [Symbol.asyncDispose]: () => close(server, closeWithinMs),
  }
}

function listenerOf(app: ListeningApp): RequestListener {
  const listener = getRequestListener((request) => app.fetch(request), {
    // The adapter would else put its own Request and Response in the place of the process's.
    overrideGlobalObjects: false,
  })
  const { prompt } = app
  const next: RequestListener = (incoming, outgoing) => void listener(incoming, outgoing)
  return prompt === undefined ? next : (incoming, outgoing) => prompt(incoming, outgoing, next)
}

function tlsOptions({ context, clients }: NonNullable<WebConfig['tls']>): SecureServerOptions {
  return {
    ...context,
    handshakeTimeout: HEADERS_TIMEOUT_MS,
    requestCert: asksForCertificate(clients),
    // `guardConnections` decides, by the policy of the moment; the handshake would decide by that of the start.
    rejectUnauthorized: false,
    // A session that is resumed would be let in by the certificate of the day it began.
    secureOptions: constants.SSL_OP_NO_TICKET,
  }
}

/** A connection whose certificate is not let in is cut off before a byte of a request is read from it. */
function guardConnections(server: SecureServer, web: NonNullable<ListenOptions['web']>): void {
  server.on('secureConnection', (socket) => {
    const clients = web.current().tls?.clients
    if (clients === undefined || !allowsClient(socket, clients)) socket.destroy()
  })
  web.onChange(({ tls }) => {
    if (tls !== undefined)
      server.setSecureContext({ ...tls.context, secureOptions: constants.SSL_OP_NO_TICKET })
  })
}

async function bind(server: Server, at: { readonly host: string; readonly port: number }): Promise<number> {
  try {
    server.listen(at)
    await once(server, 'listening')
  } catch (cause) {
    throw listenError(cause, at)
  }
  const address = server.address()
  return address !== null && typeof address === 'object' ? address.port : at.port
}

function listenError(
  cause: unknown,
  { host, port }: { readonly host: string; readonly port: number },
): unknown {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
  switch (code) {
    case 'EADDRINUSE':
      return new HttpServerError(
        'ERR_PORT_IN_USE',
        `Port ${port} on ${host} is in use by another process. Stop that process, or configure another port.`,
        { cause },
      )
    case 'EACCES':
      return new HttpServerError(
        'ERR_PORT_FORBIDDEN',
        `This user may not listen on port ${port} of ${host}. Configure a port above 1023.`,
        { cause },
      )
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return new HttpServerError(
        'ERR_ADDRESS_UNAVAILABLE',
        `${host} is no address of this machine. Configure one that is, such as 127.0.0.1.`,
        { cause },
      )
    default:
      return cause
  }
}

/** A connection whose request has just ended is idle, and would else stay open for the whole keep-alive time. */
async function close(server: Server, withinMs: number): Promise<void> {
  if (!server.listening) return
  const closed = once(server, 'close')
  server.close()
  const idle = setInterval(() => server.closeIdleConnections(), CLOSE_IDLE_MS)
  const deadline = setTimeout(() => server.closeAllConnections(), withinMs)
  try {
    await closed
  } finally {
    clearInterval(idle)
    clearTimeout(deadline)
  }
}
