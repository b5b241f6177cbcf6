import { serverClockSkew } from '../../catalogue/families/server.ts'
import { type Answer, probe, Refusal } from '../../catalogue/probe.ts'
import { askEveryone } from '../../servers/fleet/ask-everyone.ts'
import { clockConsensus } from '../../servers/fleet/clock-consensus.ts'

/**
 * Seconds. One step of the codes that authenticator apps show (RFC 6238): beyond it second factors fail, and tokens
 * seem issued in the future. Time synchronisation keeps servers within milliseconds, and `Date` is exact to a second.
 */
const TOLERANCE = 30

/**
 * Compares the `Date` of every server's answer with the others' and with the worker's own clock, which may be the
 * wrong one: what most clocks say is right. In an even split, as of one server against the worker, the servers that
 * differ from the worker are named as undecided. A proxy before a server may write `Date` itself; then it is judged.
 */
export const clockSkewed = probe({
  id: 'clock.skewed',
  title: 'The clock of a server, or of authwatch itself, is wrong',
  every: '1m',
  timeout: '5s',
  scope: 'fleet',
  steps: ['date', 'compare', 'worker'],
  reasons: ['ahead', 'behind', 'undecided', 'worker_clock'],
  needs: [],
  matrix: serverClockSkew,
  alerts: [
    {
      severity: 'warning',
      when: [{ metric: 'offenders', is: 'above', threshold: 0 }],
      for: '5m',
      summary: 'The clock of a server, or of authwatch itself, is more than half a minute off',
    },
  ],
  async run({ fleet, routes, trace }) {
    const servers = await trace.step('date', async () => {
      const answers = await askEveryone(fleet, { path: `${routes.auth}/ok`, atLeast: 1 })
      const dated = answers.flatMap(({ server, answer }) => {
        const ahead = secondsAhead(answer)
        return ahead === undefined ? [] : [{ server, ahead }]
      })
      if (dated.length === 0) throw new Refusal('unusable_answer', { header: 'date' })
      return dated
    })
    // The worker is ahead of itself by nothing.
    const right = clockConsensus([...servers, { ahead: 0 }], TOLERANCE)
    const reference = right ?? 0
    for (const { server, ahead } of servers) {
      const skew = ahead - reference
      if (Math.abs(skew) <= TOLERANCE) continue
      const reason = right === undefined ? 'undecided' : skew > 0 ? 'ahead' : 'behind'
      await trace.attempt('compare', server, async () => {
        throw new Refusal(reason, { seconds: String(Math.round(skew)) })
      })
    }
    if (Math.abs(reference) > TOLERANCE) {
      trace.fail('worker', 'worker_clock', { seconds: String(Math.round(-reference)) })
    }
    return { matrix: servers.map(({ server, ahead }) => ({ labels: { server }, value: ahead - reference })) }
  },
})

/** By how much the server's clock was ahead of ours in the middle of the exchange. `Date` cuts the second off. */
function secondsAhead({ sentAt, receivedAt, header }: Answer): number | undefined {
  const date = Date.parse(header('date') ?? '')
  return Number.isNaN(date) ? undefined : (date + 500 - (sentAt + receivedAt) / 2) / 1000
}
