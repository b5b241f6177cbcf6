import { randomBytes } from 'node:crypto'
import { credentialAccepted } from '../../catalogue/families/credential.ts'
import { probe, Refusal, type Resources, type ServerClient } from '../../catalogue/probe.ts'
import { answerFacts } from '../../servers/answer-facts.ts'
import { answerReasons } from '../../servers/refused-answer.ts'
import { sameRefusal } from '../../servers/same-refusal.ts'
import { type TenantAccess, tenantAccess } from '../../servers/tenant-access.ts'

const STEP_MS = 3_000

/**
 * Uses the canary's API key on one server: once for its own organization, and once more for a foreign one where that is
 * configured. Seldom, because each use counts. better-auth allows a key ten uses and forgets them only after a day
 * without any (plugin 1.7), so the limit of a key made for this must be off or high; then `every` can be lower. While it
 * fails it is run every few minutes: a key that is refused costs no use then, one whose tenant is refused costs one each
 * time, and one that a foreign tenant lets in two.
 */
export const apiAccessCanaryRefused = probe({
  id: 'api_access.canary_refused',
  title: 'A server refuses the canary’s API key, or lets it into a foreign organization',
  every: '6h',
  timeout: '10s',
  scope: 'server',
  steps: ['own_tenant', 'foreign_tenant'],
  reasons: ['key_refused', 'tenant_refused', 'foreign_tenant_accepted', ...answerReasons],
  needs: ['apiKey', 'tenant', 'tenantRoute'],
  wants: ['foreignTenant'],
  matrix: credentialAccepted,
  alerts: [
    {
      severity: 'critical',
      when: [{ metric: 'offenders', is: 'above', threshold: 0 }],
      for: '2m',
      summary: 'A server refuses a good API key, or lets it into a foreign organization',
    },
  ],
  async run({ server, trace, given }) {
    const { apiKey, tenant, tenantRoute: route, foreignTenant } = given
    const granted = await trace.attempt('own_tenant', '', async () => {
      const access = await withKey(server, { apiKey, tenant, tenantRoute: route })
      if (access.granted) return true
      throw new Refusal(await whyRefused(server, access, given), answerFacts(access.answer))
    })
    // Refused at home, the key cannot show whether it would be elsewhere.
    if (granted === true && foreignTenant !== undefined) {
      await trace.attempt('foreign_tenant', '', async () => {
        const access = await withKey(server, { apiKey, tenant: foreignTenant, tenantRoute: route })
        if (access.granted) throw new Refusal('foreign_tenant_accepted', answerFacts(access.answer))
      })
    }
    const labels = { kind: 'api_key', minted_on: 'database', verified_on: server.name }
    return { matrix: [{ labels, value: granted === true ? 1 : 0 }] }
  },
})

type Use = Pick<Resources, 'apiKey' | 'tenant' | 'tenantRoute'>

function withKey(server: ServerClient, { apiKey, tenant, tenantRoute: route }: Use): Promise<TenantAccess> {
  return tenantAccess(server, { route, tenant, headers: { 'x-api-key': apiKey }, timeoutMs: STEP_MS })
}

/** A key that exists nowhere costs no use: refused in the same words, the key itself is what is refused. */
async function whyRefused(
  server: ServerClient,
  { answer }: TenantAccess,
  use: Use,
): Promise<'key_refused' | 'tenant_refused'> {
  const nonsense = await withKey(server, { ...use, apiKey: randomBytes(48).toString('base64url') })
  return sameRefusal(answer, nonsense.answer) ? 'key_refused' : 'tenant_refused'
}
