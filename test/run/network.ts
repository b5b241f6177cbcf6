import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'

/** The network between a worker and one server: a real TCP relay on a loopback port, with faults on demand. */
export interface Network extends AsyncDisposable {
  /** `url` with this relay in place of the server. */
  through(url: string): string
  /** Connections are carried, new ones and those that hang. */
  restore(): Promise<void>
  /** Connections are taken, old and new, and nothing is carried: a server or a firewall that says nothing. */
  hang(): void
  /** Connections are cut and new ones refused: a server that is gone. */
  cut(): Promise<void>
}

export async function networkTo(url: string): Promise<Network> {
  const { hostname, port } = new URL(url)
  const sockets = new Set<Socket>()
  let hangs = false
  const keep = (socket: Socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket)).on('error', () => socket.destroy())
    if (hangs) socket.pause()
    return socket
  }
  const server = createServer({ pauseOnConnect: true }, (client) => {
    keep(client)
    const upstream = keep(connect(Number(port), hostname))
    client.on('data', (data) => upstream.write(data)).on('close', () => upstream.destroy())
    upstream.on('data', (data) => client.write(data)).on('close', () => client.destroy())
    if (!hangs) client.resume()
  })
  const listen = async (at: number) => {
    server.listen(at, '127.0.0.1')
    await once(server, 'listening')
  }
  await listen(0)
  const address = server.address()
  const own = typeof address === 'object' && address !== null ? address.port : 0
  const cut = async () => {
    if (!server.listening) return
    const closed = once(server, 'close')
    server.close()
    for (const socket of sockets) socket.destroy()
    await closed
  }
  return {
    through(target) {
      const relayed = new URL(target)
      relayed.host = `127.0.0.1:${own}`
      return relayed.href
    },
    async restore() {
      hangs = false
      for (const socket of sockets) socket.resume()
      if (!server.listening) await listen(own)
    },
    hang() {
      hangs = true
      for (const socket of sockets) socket.pause()
    },
    cut,
    [Symbol.asyncDispose]: cut,
  }
}
