import { createServer } from 'node:http'
import { z } from 'zod'

/** One alert, as somebody was told of it. */
export interface Told {
  readonly receiver: string
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  /** Milliseconds since the epoch. */
  readonly firingAt: number
  /** The last word about it; null while it fires. */
  readonly resolvedAt: number | null
}

/** Takes Alertmanager's webhooks on a loopback port; each receiver has a path of its own. */
export interface Receiver extends AsyncDisposable {
  readonly port: number
  /** Everything that was told, each alert of each receiver once. */
  told(): readonly Told[]
}

const strings = z.record(z.string(), z.string())
const webhook = z.object({
  alerts: z.array(
    z.object({ status: z.enum(['firing', 'resolved']), labels: strings, annotations: strings }),
  ),
})

export async function startReceiver(): Promise<Receiver> {
  const told = new Map<string, Told>()
  const take = (receiver: string, body: unknown) => {
    for (const { status, labels, annotations } of webhook.parse(body).alerts) {
      const key = JSON.stringify([receiver, Object.entries(labels).toSorted()])
      const before = told.get(key)
      const now = Date.now()
      // A resolution of what was never told is news of nothing.
      if (before === undefined && status === 'resolved') continue
      const resolvedAt = status === 'firing' ? null : (before?.resolvedAt ?? now)
      told.set(key, { receiver, labels, annotations, firingAt: before?.firingAt ?? now, resolvedAt })
    }
  }
  const server = createServer((request, response) => {
    let sent = ''
    request.setEncoding('utf8').on('data', (chunk: string) => {
      sent += chunk
    })
    request.on('end', () => {
      take((request.url ?? '').slice(1), JSON.parse(sent))
      response.end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return {
    port,
    told: () => [...told.values()],
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
