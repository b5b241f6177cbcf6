import { z } from 'zod'
import type { NetworkReason } from '../catalogue/probe.ts'
import type { Config } from '../config/load.ts'
import { readMetrics, type WorkerMetrics } from '../diagnose/facts/worker-metrics.ts'
import { WorkerRefusal } from '../diagnose/worker-refusal.ts'
import { type Reply, request } from '../doctor/http-json.ts'
import { networkFailure } from '../servers/network-failure.ts'

/** A worker as a command sees it. Both reject with WorkerRefusal when it is there and does not let the command look. */
export interface WorkerClient {
  /** Why it is not ready; empty when it is. Rejects when it does not answer. */
  notReady(): Promise<readonly string[]>
  /** What it exports. Rejects when it does not answer. */
  metrics(): Promise<WorkerMetrics>
}

/** Base URL of the worker that is meant: as named, else on this host as configured; null when its port is not known. */
export function workerUrlOf({ http, workerUrl }: Pick<Config, 'http' | 'workerUrl'>): string | null {
  if (workerUrl !== null) return workerUrl
  if (http.port === 0) return null
  const host = ['0.0.0.0', '::', ''].includes(http.host) ? '127.0.0.1' : http.host
  return `http://${host.includes(':') ? `[${host}]` : host}:${http.port}`
}

const EXAMPLE = 'AUTHWATCH_WORKER_URL=https://<user>:<password>@<host>:<port>'
const NO_PORT = `its port is chosen at the start: set ${EXAMPLE}`

const readiness = z.object({ reasons: z.array(z.string()).default([]) })

/** The worker of this configuration. Asks nobody before it is asked. */
export function workerClient(config: Pick<Config, 'http' | 'workerUrl'>): WorkerClient {
  const url = workerUrlOf(config)
  const get = async (path: string): Promise<Reply> => {
    if (url === null) throw new WorkerRefusal(NO_PORT)
    const reply = await request(url, path).catch((cause: unknown) => {
      const why = whyClosed(new URL(url).protocol, networkFailure(cause)?.reason)
      throw why === undefined ? cause : new WorkerRefusal(why, { cause })
    })
    if (reply.status === 401) throw new WorkerRefusal(whyUnauthorized(url))
    return reply
  }
  return {
    notReady: async () => {
      const { status, text } = await get('/readyz')
      const parsed = readiness.safeParse(status === 200 || status === 503 ? parseJson(text) : undefined)
      return parsed.success ? parsed.data.reasons : [`it answers ${status}`]
    },
    metrics: async () => {
      const { status, text } = await get('/metrics')
      return readMetrics(status === 200 ? text : '')
    },
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function whyUnauthorized(url: string): string {
  return new URL(url).username === ''
    ? `the worker asks for a password: set ${EXAMPLE}`
    : 'the worker does not take the user and password of AUTHWATCH_WORKER_URL'
}

/** What a connection that was ended says about a worker that is there; undefined when nobody may be there at all. */
function whyClosed(protocol: string, reason: NetworkReason | undefined): string | undefined {
  const isEnded = reason === 'reset' || reason === 'not_http'
  if (protocol === 'http:') {
    return isEnded ? `the worker does not answer in clear; where it speaks TLS, set ${EXAMPLE}` : undefined
  }
  if (!isEnded && reason !== 'tls') return undefined
  return `the worker and this command do not agree on TLS: NODE_EXTRA_CA_CERTS names the file of an authority of your own; a client certificate can be shown by \`curl --cert\`, not by this command`
}
