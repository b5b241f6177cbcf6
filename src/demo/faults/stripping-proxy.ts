import { createServer, type IncomingHttpHeaders, request, type Server } from 'node:http'
import { pipeline } from 'node:stream'

const TIMEOUT_MS = 15_000

/** A reverse proxy on the loopback interface that loses `Set-Cookie` on the way, and says in `Via` that it is there. */
export function createStrippingProxy(port: number): Server {
  return createServer((incoming, outgoing) => {
    const forwarded = request({
      host: '127.0.0.1',
      port,
      method: incoming.method,
      path: incoming.url,
      headers: endToEnd(incoming.headers),
      timeout: TIMEOUT_MS,
      agent: false,
    })
    forwarded.on('response', (answer) => {
      const { 'set-cookie': _lost, ...headers } = endToEnd(answer.headers)
      outgoing.writeHead(answer.statusCode ?? 502, { ...headers, via: '1.1 proxy' })
      pipeline(answer, outgoing, () => {})
    })
    forwarded.on('timeout', () => forwarded.destroy())
    forwarded.on('error', () => {
      if (!outgoing.headersSent) outgoing.writeHead(502)
      outgoing.end()
    })
    pipeline(incoming, forwarded, () => {})
  })
}

/** Without those that are about one connection only (RFC 9110, section 7.6.1). */
function endToEnd({ connection: _, 'keep-alive': __, ...headers }: IncomingHttpHeaders): IncomingHttpHeaders {
  return headers
}
