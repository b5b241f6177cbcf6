import { probe, Refusal } from '../../catalogue/probe.ts'
import { answerFacts } from '../../servers/answer-facts.ts'
import { askWorking } from '../../servers/ask.ts'

/** Asks without any credential. Whatever is not 2xx is a refusal, a redirect to a sign-in page too. */
export const debugOpen = probe({
  id: 'debug.open',
  title: 'The debug route answers people who are not signed in',
  every: '1m',
  timeout: '10s',
  scope: 'server',
  steps: ['anonymous'],
  reasons: ['open'],
  needs: ['debugRoute'],
  alerts: [
    {
      severity: 'critical',
      when: [{ metric: 'offenders', is: 'above', threshold: 0 }],
      for: '2m',
      summary: 'The debug route answers people who are not signed in',
    },
  ],
  async run({ server, given, trace }) {
    await trace.step('anonymous', async () => {
      const answer = await askWorking(server, given.debugRoute)
      if (answer.status >= 200 && answer.status <= 299) throw new Refusal('open', answerFacts(answer))
    })
    return undefined
  },
})
