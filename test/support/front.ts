import { once } from 'node:events'
import http, { type RequestListener } from 'node:http'
import https from 'node:https'

/** A real server on a loopback port of its own, in front of a server of the application or in its place. */
export interface Front extends AsyncDisposable {
  readonly url: string
}

export interface FrontOptions {
  /** Makes it https. */
  readonly tls?: { readonly key: string; readonly cert: string }
}

export async function startFront(listener: RequestListener, options: FrontOptions = {}): Promise<Front> {
  const { tls } = options
  const server = tls === undefined ? http.createServer(listener) : https.createServer({ ...tls }, listener)
  server.listen({ host: '127.0.0.1', port: 0 })
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return {
    url: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

/** Answers everything alike, as a gateway or a page for visitors does. */
export function always(answer: {
  readonly status: number
  readonly type: string
  readonly body: string
}): RequestListener {
  return (_, response) => response.writeHead(answer.status, { 'content-type': answer.type }).end(answer.body)
}

/** Passes requests on, and the answers back after `alter` has seen their raw header lines. */
export function passingTo(
  url: string,
  alter: (lines: readonly (readonly [string, string])[]) => readonly (readonly [string, string])[],
): RequestListener {
  return (incoming, response) => {
    const { method, headers } = incoming
    const passed = http.request(new URL(incoming.url ?? '/', url), { method, headers }, (answer) => {
      const { rawHeaders } = answer
      const lines = rawHeaders.flatMap((name, at) =>
        at % 2 === 0 ? [[name, rawHeaders[at + 1] ?? ''] as const] : [],
      )
      response.writeHead(answer.statusCode ?? 502, alter(lines).flat())
      answer.pipe(response)
    })
    passed.once('error', () => response.writeHead(502).end())
    incoming.pipe(passed)
  }
}
