import { probe, Refusal } from '../../catalogue/probe.ts'
import { answerFacts } from '../../servers/answer-facts.ts'
import { ask } from '../../servers/ask.ts'

/**
 * The only probe that judges whether a server can be reached: any other that gets no answer could not look.
 * better-auth's own `/ok` shows a process that serves, no more: it asks no database once the first request of the
 * process has been answered (better-auth 1.7 compares the schema then).
 */
export const serverNotAnswering = probe({
  id: 'server.not_answering',
  title: 'A server does not answer, or something else answers in its place',
  every: '30s',
  timeout: '5s',
  scope: 'server',
  steps: ['ok'],
  reasons: ['server_error', 'wrong_status', 'not_the_application'],
  needs: [],
  judgesReachability: true,
  alerts: [
    {
      severity: 'critical',
      when: [{ metric: 'offenders', is: 'above', threshold: 0 }],
      for: '2m',
      summary: 'A server does not answer, or something else answers in its place',
    },
  ],
  async run({ server, routes, trace }) {
    await trace.step('ok', async () => {
      const answer = await ask(server, `${routes.auth}/ok`)
      const facts = answerFacts(answer)
      if (answer.status >= 500) throw new Refusal('server_error', facts)
      if (answer.status !== 200) throw new Refusal('wrong_status', facts)
      // A proxy's or a front end's page comes with 200 as well.
      if (!isOk(answer.json())) throw new Refusal('not_the_application', facts)
    })
    return undefined
  },
})

function isOk(body: unknown): boolean {
  return typeof body === 'object' && body !== null && 'ok' in body && body.ok === true
}
