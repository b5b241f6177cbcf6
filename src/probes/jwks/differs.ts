import { probe, Refusal } from '../../catalogue/probe.ts'
import { type Answered, askEveryone } from '../../servers/ask-everyone.ts'
import { majority } from '../../servers/majority.ts'
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
  steps: ['keys', 'compare'],
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
    const atLeast = Math.min(fleet.length, 2)
    const answers = await trace.step('keys', () =>
      askEveryone(fleet, { path: `${routes.auth}/jwks`, atLeast }),
    )
    const published = await Promise.all(answers.map(keyIds))
    const byServer = new Map(published.flatMap((each) => (each === undefined ? [] : [each])))
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

/** Undefined when the server's answer is no key set, which is for another probe to judge. */
async function keyIds({ server, answer }: Answered): Promise<readonly [string, string] | undefined> {
  try {
    const ids = await publishedKeys(answer)
    return [server, ids === undefined ? NO_PLUGIN : ids.join(' ')]
  } catch (cause) {
    if (cause instanceof Refusal) return undefined
    throw cause
  }
}
