import { type Answer, probe, Refusal } from '../../catalogue/probe.ts'
import { answerFacts } from '../../servers/answer-facts.ts'
import { askWorking } from '../../servers/ask.ts'
import { corsFault, corsGrants } from '../../servers/cors-grant.ts'
import { foreignOrigins } from '../../servers/foreign-origins.ts'

/** What a page asks before it signs somebody in. */
const PREFLIGHT = {
  'access-control-request-method': 'POST',
  'access-control-request-headers': 'content-type',
}
const TENANT_PREFLIGHT = { 'access-control-request-method': 'GET' }

/**
 * The application's own CORS headers, for every declared origin and for some that nobody declared (`null` is what
 * sandboxed pages and local files send). better-auth sends none; its own check is `origin.trust_mismatch`.
 * Both the preflight and a plain answer are looked at: a proxy may write one and the application the other.
 */
export const originCorsMismatch = probe({
  id: 'origin.cors_mismatch',
  title: 'A server does not give CORS to the declared origins and to no others',
  every: '1m',
  timeout: '10s',
  scope: 'server',
  steps: ['preflight', 'tenant_preflight', 'answer', 'hostile'],
  reasons: [
    'not_allowed',
    'wildcard',
    'repeated',
    'no_credentials',
    'preflight_status',
    'header_refused',
    'hostile_allowed',
  ],
  needs: [],
  alerts: [
    {
      severity: 'critical',
      when: [{ metric: 'offenders', is: 'above', threshold: 0 }],
      for: '2m',
      summary: 'Browsers of a declared origin are locked out, or a foreign origin is let in',
    },
  ],
  async run({ server, origins, hostileOrigin, routes, trace }) {
    const ownOrigin = new URL(server.publicUrl).origin
    const preflight = (path: string, origin: string, headers: Readonly<Record<string, string>>) =>
      askWorking(server, path, { method: 'OPTIONS', origin, headers })
    const signIn = `${routes.auth}/sign-in/email`

    const declared = async (origin: string) => {
      await trace.attempt('preflight', origin, async () => {
        const answer = await preflight(signIn, origin, PREFLIGHT)
        refuseFault(answer, origin)
        refuseFailedPreflight(answer)
        refuseContentType(answer)
      })
      if (routes.tenant !== null) {
        const path = routes.tenant
        await trace.attempt('tenant_preflight', origin, async () => {
          const answer = await preflight(path, origin, TENANT_PREFLIGHT)
          refuseFault(answer, origin)
          refuseFailedPreflight(answer)
        })
      }
      await trace.attempt('answer', origin, async () =>
        refuseFault(await askWorking(server, `${routes.auth}/ok`, { origin }), origin),
      )
    }
    const foreign = (origin: string) =>
      trace.attempt('hostile', origin, async () => {
        const answers = [
          await preflight(signIn, origin, PREFLIGHT),
          await askWorking(server, `${routes.auth}/ok`, { origin }),
        ]
        for (const answer of answers) refuseGrant(answer, origin)
      })

    // Pages of the server's own origin need no CORS.
    await Promise.all(origins.filter((origin) => origin !== ownOrigin).map(declared))
    await Promise.all([...foreignOrigins({ origins, hostileOrigin }), 'null'].map(foreign))
    return undefined
  },
})

function refuseFault(answer: Answer, origin: string): void {
  const fault = corsFault(answer, origin)
  if (fault !== null) throw new Refusal(fault, { status: String(answer.status) })
}

/** Browsers take a preflight only from a 2xx. */
function refuseFailedPreflight(answer: Answer): void {
  if (answer.status < 200 || answer.status > 299) throw new Refusal('preflight_status', answerFacts(answer))
}

function refuseContentType(answer: Answer): void {
  const allowed = answer.header('access-control-allow-headers') ?? ''
  const names = allowed.split(',').map((name) => name.trim().toLowerCase())
  if (!names.includes('content-type')) throw new Refusal('header_refused', { header: 'content-type' })
}

function refuseGrant(answer: Answer, origin: string): void {
  const grant = corsGrants(answer, origin)
  if (grant !== 'nothing') throw new Refusal('hostile_allowed', { grant })
}
