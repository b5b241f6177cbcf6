import { isIP } from 'node:net'
import type { BetterAuthOptions } from 'better-auth'
import type { ServerSettings } from './settings.ts'

/** The CRM's name for better-auth's session cookie. In production it has the prefix `__Secure-`. */
export const SESSION_COOKIE = 'better-auth-session'

/**
 * In production the cookie is for the parent domain of BETTER_AUTH_URL, `Secure` and `SameSite=None`; else it is
 * for the host alone, not secure and `SameSite=Lax`. So a wrong NODE_ENV or URL on one server logs users out.
 */
export function cookiePolicy({
  nodeEnv,
  baseURL,
}: ServerSettings): NonNullable<BetterAuthOptions['advanced']> {
  const cookies = { session_token: { name: SESSION_COOKIE } }
  if (nodeEnv !== 'production') {
    return { cookies, useSecureCookies: false, defaultCookieAttributes: { sameSite: 'lax', secure: false } }
  }
  return {
    cookies,
    useSecureCookies: true,
    ...domainOf(new URL(baseURL).hostname),
    defaultCookieAttributes: { sameSite: 'none', secure: true },
  }
}

/**
 * `.crm.example.com` for `api.crm.example.com`; a host of two labels is its own domain. An address, or a name of
 * one label such as `localhost`, has no domain that a browser would take.
 */
function domainOf(host: string): Pick<NonNullable<BetterAuthOptions['advanced']>, 'crossSubDomainCookies'> {
  const labels = host.split('.')
  if (labels.length === 1 || isIP(host.replaceAll(/[[\]]/g, '')) !== 0) return {}
  const domain = `.${labels.slice(labels.length > 2 ? 1 : 0).join('.')}`
  return { crossSubDomainCookies: { enabled: true, domain } }
}
