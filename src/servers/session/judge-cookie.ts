import { isIP } from 'node:net'
import type { Cookie } from 'set-cookie-parser'
import { getPublicSuffix } from 'tldts'
import type { CookiePolicy } from '../../catalogue/fleet.ts'
import { prefixOf, secureExpected } from './session-cookie.ts'
import { siteOf } from './site-of.ts'

export const cookieReasons = [
  'cookie_prefix',
  'cookie_domain',
  'cookie_public_suffix',
  'cookie_path',
  'cookie_not_secure',
  'cookie_secure_over_http',
  'cookie_not_http_only',
  'cookie_same_site',
  'cookie_max_age',
] as const
export type CookieReason = (typeof cookieReasons)[number]

export interface CookieFault {
  readonly reason: CookieReason
  readonly detail: Readonly<Record<string, string>>
}

/** What the session cookie has to suit. */
export interface CookieSurroundings {
  readonly policy: CookiePolicy
  readonly publicUrl: string
  /** From which browsers use the application. */
  readonly origins: readonly string[]
  /** Paths that need the cookie. */
  readonly paths: readonly string[]
  /** Seconds. */
  readonly lifetime: number
  /** When the cookie came, milliseconds since the epoch. */
  readonly receivedAt: number
}

/** Seconds by which the cookie's life may differ from the session's: clocks are read more than once. */
export const LIFETIME_SLACK = 60

type Detail = CookieFault['detail']
type Judge = (cookie: Cookie, around: CookieSurroundings) => Detail | undefined

/** Everything about a session cookie for which a browser would drop it, send it too rarely, or keep it too long. */
export function judgeCookie(cookie: Cookie, around: CookieSurroundings): readonly CookieFault[] {
  return cookieReasons.flatMap((reason) => {
    const detail = JUDGES[reason](cookie, around)
    return detail === undefined ? [] : [{ reason, detail }]
  })
}

const JUDGES: Readonly<Record<CookieReason, Judge>> = {
  cookie_prefix: ({ name }, { policy, publicUrl }) => {
    const secure = secureExpected(policy, publicUrl)
    const prefix = prefixOf(name)
    if (secure === undefined || secure === (prefix !== '')) return undefined
    return { expected: secure ? '__Secure-' : 'none', received: prefix || 'none' }
  },
  cookie_domain: (cookie, { policy, publicUrl }) => {
    const { hostname: host } = new URL(publicUrl)
    const received = domainOf(cookie)
    if (received !== undefined && !covers(received, host)) return { host, received }
    const wanted = policy.domain === undefined ? received : bare(policy.domain)
    const expected = prefixOf(cookie.name) === '__Host-' ? undefined : wanted
    return received === expected ? undefined : { expected: shown(expected), received: shown(received) }
  },
  cookie_public_suffix: (cookie, { publicUrl }) => {
    const received = domainOf(cookie)
    // A host that is a public suffix may set a cookie for itself alone (RFC 6265 §5.3, step 5).
    if (received === undefined || received === new URL(publicUrl).hostname || isIP(received) !== 0) return
    return getPublicSuffix(received, { allowPrivateDomains: true }) === received ? { received } : undefined
  },
  cookie_path: ({ path }, { paths }) => {
    const left = path?.startsWith('/') === true ? paths.find((each) => !isBelow(each, path)) : paths[0]
    return left === undefined ? undefined : { path: left, received: shown(path) }
  },
  cookie_not_secure: ({ secure }, { policy, publicUrl }) =>
    secureExpected(policy, publicUrl) === true && secure !== true ? { public_url: publicUrl } : undefined,
  cookie_secure_over_http: ({ secure }, { policy, publicUrl }) => {
    const wanted = policy.secure === undefined && secureExpected(policy, publicUrl) === false
    return wanted && secure === true ? { public_url: publicUrl } : undefined
  },
  cookie_not_http_only: ({ httpOnly }) => (httpOnly === true ? undefined : {}),
  cookie_same_site: ({ sameSite, secure }, { policy, origins, publicUrl }) => {
    const received = sameSite?.toLowerCase()
    const facts = { received: shown(received) }
    if (received === 'none' && secure !== true) return { ...facts, dropped_because: 'none without Secure' }
    const expected = policy.sameSite
    if (expected !== undefined) return received === expected ? undefined : { ...facts, expected }
    const foreign = origins.find((origin) => siteOf(origin) !== siteOf(publicUrl))
    if (foreign === undefined || received === 'none') return undefined
    return { ...facts, expected: 'none', cross_site_origin: foreign }
  },
  cookie_max_age: ({ maxAge, expires }, { lifetime, receivedAt }) => {
    const until = expires === undefined ? undefined : (expires.getTime() - receivedAt) / 1_000
    const received = maxAge ?? until
    if (received === undefined) return { expected: `${lifetime} s`, received: 'none' }
    if (Math.abs(received - lifetime) <= LIFETIME_SLACK) return undefined
    const is = received < lifetime ? 'shorter' : 'longer'
    return { expected: `${lifetime} s`, received: `${Math.round(received)} s`, is }
  },
}

/** What a server put into an attribute, bounded. */
function shown(text: string | undefined): string {
  return text?.slice(0, 100) ?? 'none'
}

/** In lower case, without the leading dot that means nothing (RFC 6265 §5.2.3); undefined for a host-only cookie. */
function domainOf({ domain }: Cookie): string | undefined {
  return domain === undefined || bare(domain) === '' ? undefined : bare(domain).slice(0, 253)
}

function bare(domain: string): string {
  return domain.toLowerCase().replace(/^\./, '')
}

/** RFC 6265 §5.1.3. */
function covers(domain: string, host: string): boolean {
  return host === domain || (host.endsWith(`.${domain}`) && isIP(host) === 0)
}

/** RFC 6265 §5.1.4. */
function isBelow(path: string, parent: string): boolean {
  return path === parent || path.startsWith(parent.endsWith('/') ? parent : `${parent}/`)
}
