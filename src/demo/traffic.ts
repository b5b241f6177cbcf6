import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { FIRST_SPARE_CLIENT } from './breakage.ts'
import { type Answer, createClient } from './client.ts'
import type { Fleet } from './fleet.ts'
import type { Seeded, SeededClient } from './seed.ts'

export interface TrafficOptions {
  readonly fleet: Fleet
  readonly seeded: Seeded
  /** Ends the traffic. */
  readonly signal: AbortSignal
  /** At most; 4 unless said. One action is at work at a time. Much faster, users meet the limit on sign-ins. */
  readonly actionsPerSecond?: number
  /** `status` is undefined when the server did not answer. */
  readonly onAction?: (action: { readonly name: ActionName; readonly status: number | undefined }) => void
}

interface Scene {
  readonly who: SeededClient
  readonly password: string
  /** One server, and another (the same in a fleet of one). */
  readonly url: string
  readonly otherUrl: string
}

const tokenSchema = z.object({ token: z.string() })

const ACTIONS = {
  getSession: ({ who, url }) => who.client.call(`${url}/api/auth/get-session`),
  readRecords: ({ who, url }) =>
    who.client.call(`${url}/api/records`, { headers: { 'x-tenant-id': who.user.organization } }),
  useApiKey: ({ who, url }) =>
    visitor(who).call(`${url}/api/records`, { headers: { 'x-api-key': who.apiKey.key } }),
  signInAndOut: async (scene) => {
    const { who, password, url, otherUrl } = scene
    const client = visitor(who)
    const answer = await client.call(`${url}/api/auth/sign-in/email`, {
      json: { email: who.user.email, password },
    })
    if (answer.status !== 200) return answer
    await client.call(`${otherUrl}/api/me`)
    return client.call(`${otherUrl}/api/auth/sign-out`, { json: {} })
  },
  signIn: ({ who, password, url }) =>
    visitor(who).call(`${url}/api/auth/sign-in/email`, { json: { email: who.user.email, password } }),
  invokeAction: async ({ who, url, otherUrl }) => {
    const minted = await who.client.call(`${url}/api/extension-tokens`, {
      json: { extensionId: 'reports', scopes: ['actions:invoke'] },
    })
    const token = tokenSchema.safeParse(minted.body)
    if (!token.success) return minted
    const headers = { authorization: `Bearer ${token.data.token}` }
    return visitor(who).call(`${otherUrl}/api/actions/refresh`, { json: {}, headers })
  },
  mistypePassword: ({ who, url }) =>
    visitor(who).call(`${url}/api/auth/sign-in/email`, {
      json: { email: who.user.email, password: 'mistyped' },
    }),
  useUnknownKey: ({ who, url }) =>
    visitor(who).call(`${url}/api/records`, { headers: { 'x-api-key': 'unknown' } }),
} satisfies Record<string, (scene: Scene) => Promise<Answer>>

export type ActionName = keyof typeof ACTIONS

/** One round: mostly what works, and a few of the failures that every day brings. */
const ROUND: readonly ActionName[] = [
  'getSession',
  'readRecords',
  'useApiKey',
  'signInAndOut',
  'getSession',
  'useApiKey',
  'invokeAction',
  'readRecords',
  'signInAndOut',
  'getSession',
  'useApiKey',
  'mistypePassword',
  'getSession',
  'signIn',
  'readRecords',
  'invokeAction',
  'useApiKey',
  'getSession',
  'signInAndOut',
  'useUnknownKey',
]

/** Light traffic of real clients, until the signal. Never throws: servers may be broken or down meanwhile. */
export async function runTraffic(options: TrafficOptions): Promise<void> {
  const { fleet, seeded, signal, actionsPerSecond = 4, onAction } = options
  const clients = seeded.signedIn.slice(0, FIRST_SPARE_CLIENT)
  for (let turn = 0; !signal.aborted; turn += 1) {
    const { servers } = fleet
    const name = ROUND[turn % ROUND.length]!
    // One step further each round, so that every client meets every action on every server.
    const round = Math.floor(turn / ROUND.length)
    const server = (turn + round) % servers.length
    const scene = {
      who: clients[(turn + round) % clients.length]!,
      password: seeded.password,
      url: servers[server]!.url,
      otherUrl: servers[(server + 1) % servers.length]!.url,
    }
    const answer = await ACTIONS[name](scene).catch(() => undefined)
    onAction?.({ name, status: answer?.status })
    await sleep(1_000 / actionsPerSecond, undefined, { signal }).catch(() => {})
  }
}

/** The same user at another browser, without the session. */
function visitor({ client }: SeededClient) {
  return createClient(client.options)
}
