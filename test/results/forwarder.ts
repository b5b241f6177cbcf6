import { connect, createServer, type Socket } from 'node:net'

export interface Forwarder extends AsyncDisposable {
  readonly port: number
  /** Where new connections go from now on; open ones stay. */
  aim(port: number): void
  /** From now on nothing passes in either direction and nobody is told, as when a route is lost. */
  goSilent(): void
  /** What was silenced stays so; new connections pass again. */
  recover(): void
}

/** A port of ours that leads to another one, to change servers and to lose routes under an open client. */
export async function forwardTo(target: number): Promise<Forwarder> {
  const sockets = new Set<Socket>()
  let port = target
  let silent = false
  const track = (socket: Socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => sockets.delete(socket))
    return socket
  }
  const server = createServer((near) => {
    track(near)
    if (silent) return
    const far = track(connect({ host: '127.0.0.1', port }))
    near.pipe(far).pipe(near)
    near.on('close', () => far.destroy())
    far.on('close', () => near.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return {
    port: address.port,
    aim: (next) => {
      port = next
    },
    goSilent: () => {
      silent = true
      for (const socket of sockets) socket.unpipe().pause()
    },
    recover: () => {
      silent = false
    },
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
