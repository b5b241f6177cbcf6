import { randomBytes } from 'node:crypto'
import { type Answer, probe, Refusal } from '../../catalogue/probe.ts'
import { answerFacts } from '../../servers/answer-facts.ts'
import { ask } from '../../servers/ask.ts'

/**
 * Asks the tenant route for data with no credential, and with an API key that does not exist. No key is used. Whether
 * good keys are accepted does not show: better-auth 1.7 calls a key unknown also when it cannot read the table.
 */
export const apiAccessNonsenseAccepted = probe({
  id: 'api_access.nonsense_accepted',
  title: 'A server does not refuse requests without a valid credential as it should',
  every: '1m',
  timeout: '10s',
  scope: 'server',
  steps: ['anonymous', 'nonsense_key'],
  reasons: ['accepted', 'server_error', 'not_found', 'unexpected_status'],
  needs: ['tenantRoute'],
  alerts: [
    {
      severity: 'critical',
      when: [{ metric: 'offenders', is: 'above', threshold: 0 }],
      for: '2m',
      summary: 'A server lets requests in without a valid credential, or fails on them',
    },
  ],
  async run({ server, given, trace }) {
    // As long as better-auth's own keys, so that no check of the form stands before the look-up.
    const key = randomBytes(32).toString('hex')
    await trace.attempt('anonymous', '', async () => judge(await ask(server, given.tenantRoute)))
    await trace.attempt('nonsense_key', '', async () =>
      judge(await ask(server, given.tenantRoute, { headers: { 'x-api-key': key } })),
    )
    return undefined
  },
})

function judge(answer: Answer): void {
  const { status } = answer
  if (status === 401 || status === 403) return
  const facts = answerFacts(answer)
  if (status >= 200 && status <= 299) throw new Refusal('accepted', facts)
  if (status >= 500) throw new Refusal('server_error', facts)
  if (status === 404) throw new Refusal('not_found', facts)
  throw new Refusal('unexpected_status', facts)
}
