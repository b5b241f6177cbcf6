import { connect, createServer, type Socket } from 'node:net'
import { Transform } from 'node:stream'

export interface Forwarder extends AsyncDisposable {
  readonly port: number
  /** Where new connections go from now on; open ones stay. */
  aim(port: number): void
  /** From now on nothing passes in either direction and nobody is told, as when a route is lost. */
  goSilent(): void
  /** What was silenced stays so; new connections pass again. */
  recover(): void
  /** From now on everything takes so many milliseconds longer, in each direction. */
  slow(ms: number): void
  /** Resets every open connection, in the middle of whatever it carries; new ones pass. */
  cut(): void
}

/** A port of ours that leads to another one, to change servers and to lose routes under an open client. */
export async function forwardTo(target: number): Promise<Forwarder> {
  const sockets = new Set<Socket>()
  let port = target
  let silent = false
  let latency = 0
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
    const delay = () => delaying(() => latency)
    near.pipe(delay()).pipe(far).pipe(delay()).pipe(near)
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
    slow: (ms) => {
      latency = ms
    },
    cut: () => {
      for (const socket of sockets) socket.resetAndDestroy()
    },
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** Passes everything on in order, later by what the latency was when it came. */
function delaying(latency: () => number): Transform {
  const line: unknown[] = []
  let free = 0
  let ended: (() => void) | undefined
  return new Transform({
    transform(chunk, _, done) {
      const now = performance.now()
      free = Math.max(free, now + latency())
      if (free <= now && line.length === 0) return done(null, chunk)
      line.push(chunk)
      // Timers are no more exact than a millisecond, so each passes on what is first in line.
      setTimeout(() => {
        const first = line.shift()
        if (!this.destroyed) this.push(first)
        if (line.length === 0) ended?.()
      }, free - now)
      done()
    },
    flush(done) {
      ended = done
      if (line.length === 0) done()
    },
  })
}
