import { probe, Refusal } from '../../catalogue/probe.ts'

/**
 * The only probe that judges whether a server can be reached: any other that gets no answer could not look.
 * `/ok` is better-auth's own and touches neither database nor session, so it tells a process that serves.
 */
export const serverNotAnswering = probe({
  id: 'server.not_answering',
  title: 'A server does not answer with the application',
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
      const answer = await server.request(`${routes.auth}/ok`)
      const status = String(answer.status)
      const type = answer.header('content-type') ?? 'none'
      if (answer.status >= 500) throw new Refusal('server_error', { status, type })
      if (answer.status !== 200) throw new Refusal('wrong_status', { status, type })
      if (!isOk(answer.json())) throw new Refusal('not_the_application', { status, type })
    })
    return undefined
  },
})

function isOk(body: unknown): boolean {
  return typeof body === 'object' && body !== null && 'ok' in body && body.ok === true
}
