import { SignJWT } from 'jose'
import type { Diagnosed, DiagnosedCrm } from '../diagnosed-crm.ts'

/** The origins of the demo CRM's pages. */
export const APP = 'https://app.crm.example.com'
export const ADMIN = 'https://admin.crm.example.com'

/** The questions of a diagnosis, asked about the canary unless something else is given. */
export interface AskedCrm {
  readonly crm: DiagnosedCrm
  session(input?: string): Promise<Diagnosed>
  user(org?: string): Promise<Diagnosed>
  apiKey(tenant?: string): Promise<Diagnosed>
  login(server: string, origin?: string): Promise<Diagnosed>
  token(input: string, scopes?: readonly string[], audience?: string): Promise<Diagnosed>
  alert(name: string, labels?: readonly string[]): Promise<Diagnosed>
  /** An extension token of the canary, but for these. */
  mint(changes: TokenChanges): Promise<string>
}

interface TokenChanges {
  readonly claims?: Readonly<Record<string, unknown>>
  readonly secret?: string
  readonly audience?: string
  /** Seconds from now. */
  readonly endsIn?: number
}

export function askedCrm(crm: DiagnosedCrm): AskedCrm {
  const { canary } = crm.probes
  return {
    crm,
    session: (input) => crm.diagnose({ about: 'session', given: undefined }, input ?? canary.session),
    user: (org) => crm.diagnose({ about: 'user', who: canary.email, org }),
    apiKey: (tenant) => crm.diagnose({ about: 'api-key', tenant }, canary.apiKey),
    login: (server, origin = APP) => crm.diagnose({ about: 'login', server, origin, signsIn: false }),
    token: (input, scopes, audience) => crm.diagnose({ about: 'extension-token', scopes, audience }, input),
    alert: (name, labels = []) => crm.diagnose({ about: 'alert', name, labels }),
    mint: (changes) => mint(crm, changes),
  }
}

async function mint({ probes }: DiagnosedCrm, changes: TokenChanges): Promise<string> {
  const { canary, fleet } = probes
  const end = Math.floor(Date.now() / 1_000) + (changes.endsIn ?? 600)
  const claims = {
    orgId: canary.tenantId,
    userId: canary.userId,
    extension_id: 'reports',
    scopes: ['actions:invoke'],
  }
  const secret = changes.secret ?? fleet.secrets.extensionToken
  return new SignJWT({ ...claims, ...changes.claims })
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .setAudience(changes.audience ?? 'reports')
    .setIssuedAt(end - 1_200)
    .setExpirationTime(end)
    .sign(new TextEncoder().encode(secret))
}
