import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** An OAuth provider on the loopback interface, which knows one user. */
export interface OAuthProvider extends AsyncDisposable {
  readonly url: string
  /** Whether it exchanges codes. */
  isWorking: boolean
  email: string
}

export async function startOAuthProvider(): Promise<OAuthProvider> {
  const server = createServer((request, response) => {
    request.resume()
    response.setHeader('content-type', 'application/json')
    if (!provider.isWorking) response.writeHead(503).end('{"error":"temporarily_unavailable"}')
    else if (request.url === '/token') response.end('{"access_token":"a","token_type":"Bearer"}')
    else
      response.end(
        JSON.stringify({
          id: provider.email,
          sub: provider.email,
          name: 'Ada',
          email: provider.email,
          email_verified: true,
        }),
      )
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const provider = {
    url: `http://127.0.0.1:${port}`,
    isWorking: true,
    email: '',
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
  return provider
}
