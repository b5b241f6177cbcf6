import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { gunzipSync } from 'node:zlib'
import type { Batch } from '../../src/events/batch.ts'
import { parseBatch } from '../../src/events/parse-batch.ts'

export const TOKEN = 'a token that only the two sides know'

/** What to do with the next batches: answer so, or never, or cut the connection before or after counting. */
export type Behaviour = number | 'hang' | 'cut' | 'count and cut'

/** The worker's side of the contract, in memory, where it can be made to fail. */
export interface Receiver extends AsyncDisposable {
  readonly url: string
  behaviour: Behaviour
  /** Requests so far, whatever became of them. */
  readonly requests: number
  /** Those counted: each once. */
  readonly batches: readonly Batch[]
  /** `operation outcome reason` by count, of all that was counted; without those at 0. */
  totals(): Readonly<Record<string, number>>
}

export async function startReceiver(): Promise<Receiver> {
  const applied = new Map<string, number>()
  const batches: Batch[] = []
  let requests = 0
  const serve = async (request: IncomingMessage, response: ServerResponse) => {
    requests += 1
    const body = await buffer(request)
    const { behaviour } = receiver
    if (behaviour === 'hang') return
    if (behaviour === 'cut') return void response.destroy()
    if (request.headers.authorization !== `Bearer ${TOKEN}`) return void response.writeHead(401).end('{}')
    if (typeof behaviour === 'number' && behaviour !== 200)
      return void response.writeHead(behaviour).end('{}')
    const batch = parseBatch(JSON.parse(gunzipSync(body).toString('utf8')))
    const { source, sequence } = batch
    if (sequence > (applied.get(source) ?? 0)) batches.push(batch)
    applied.set(source, Math.max(sequence, applied.get(source) ?? 0))
    if (behaviour === 'count and cut') response.destroy()
    else response.setHeader('content-type', 'application/json').end(JSON.stringify({ applied: sequence }))
  }
  const server = createServer((request, response) => {
    serve(request, response).catch((error: unknown) => response.writeHead(400).end(String(error)))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const receiver: Receiver & { behaviour: Behaviour } = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/ingest`,
    behaviour: 200,
    batches,
    get requests() {
      return requests
    },
    totals: () => totalsOf(batches),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
  return receiver
}

function totalsOf(batches: readonly Batch[]): Readonly<Record<string, number>> {
  const totals: Record<string, number> = {}
  for (const { counts } of batches) {
    for (const { operation, outcome, reason, count } of counts) {
      if (count === 0) continue
      const name = `${operation} ${outcome} ${reason}`
      totals[name] = (totals[name] ?? 0) + count
    }
  }
  return totals
}
