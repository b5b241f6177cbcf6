import { probe, Refusal } from '../../catalogue/probe.ts'
import { type Answered, askEveryone } from '../../servers/fleet/ask-everyone.ts'
import { majority } from '../../servers/fleet/majority.ts'
import { publishedKeys } from '../../servers/published-keys.ts'

/** What stands for the key ids of a server without the jwt plugin. */
const NO_PLUGIN = 'none'

/**
 * Servers over one database publish the same keys; one with other keys, or without the plugin, signs tokens that the
 * others' verifiers refuse. Judged among the servers that answer. In an even split no side is called right.
 */
export const jwksDiffers = probe({
  id: 'jwks.differs',
  title: 'A server publishes other signing keys than the others',
  every: '1m',
  timeout: '10s',
  scope: 'fleet',
  steps: ['keys', 'keys_again', 'compare'],
  reasons: ['differs', 'tie'],
  needs: [],
  alerts: [
    {
      severity: 'critical',
      when: [{ metric: 'offenders', is: 'above', threshold: 0 }],
      // Longer than the minutes in which a deployment turns the plugin on, server by server.
      for: '5m',
      summary: 'The servers do not publish the same signing keys',
    },
  ],
  async run({ fleet, routes, trace }) {
    // One server cannot differ; of several, two must answer to be compared.
    const request = { path: `${routes.auth}/jwks`, atLeast: Math.min(fleet.length, 2) }
    const look = async () => new Map(await keyIds(await askEveryone(fleet, request)))
    const first = await trace.step('keys', look)
    // A key made between two answers is no difference: whoever is asked now knows it.
    const isEqual = majority(first).odd.length === 0
    const byServer = isEqual ? first : await trace.step('keys_again', look)
    const { agreed, odd } = majority(byServer)
    for (const server of odd) {
      const keys = shown(byServer.get(server))
      await trace.attempt('compare', server, async () => {
        const [right] = agreed
        if (right === undefined) throw new Refusal('tie', { keys })
        throw new Refusal('differs', { keys, others: shown(byServer.get(right)) })
      })
    }
    return undefined
  },
})

/** A finding says no more than helps to find the row. */
function shown(ids: string | undefined): string {
  return (ids ?? NO_PLUGIN).slice(0, 120)
}

/** Servers whose answer is no key set are left out: that is for another probe to judge. */
async function keyIds(answers: readonly Answered[]): Promise<readonly (readonly [string, string])[]> {
  const all = await Promise.all(
    answers.map(async ({ server, answer }) => {
      const ids = await publishedKeys(answer).catch(ignoreRefusal)
      return ids === null ? [] : [[server, ids?.join(' ') ?? NO_PLUGIN] as const]
    }),
  )
  return all.flat()
}

function ignoreRefusal(cause: unknown): null {
  if (cause instanceof Refusal) return null
  throw cause
}
