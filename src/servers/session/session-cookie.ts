import { isIP } from 'node:net'
import type { CookiePolicy } from '../../catalogue/fleet.ts'

const PREFIX = /^__(?:Secure|Host)-/

/** `__Secure-` or `__Host-`, or nothing. */
export function prefixOf(name: string): string {
  return PREFIX.exec(name)?.[0] ?? ''
}

/** Whether a cookie of this name is the session cookie, whatever its prefix. */
export function isSessionCookie(name: string, policy: CookiePolicy): boolean {
  return name.replace(PREFIX, '') === policy.name
}

/**
 * Whether the session cookie must be `Secure`, and so have a prefix. Undefined where browsers take both: plain HTTP on
 * the machine itself.
 */
export function secureExpected(policy: CookiePolicy, publicUrl: string): boolean | undefined {
  if (policy.secure !== undefined) return policy.secure
  const { protocol, hostname } = new URL(publicUrl)
  if (protocol === 'https:') return true
  return isLoopback(hostname) ? undefined : false
}

/** The name under which a server looks for the session cookie (better-auth 1.7: prefixed when cookies are secure). */
export function sessionCookieName(policy: CookiePolicy, publicUrl: string): string {
  return `${secureExpected(policy, publicUrl) === true ? '__Secure-' : ''}${policy.name}`
}

function isLoopback(hostname: string): boolean {
  if (hostname === 'localhost' || hostname.endsWith('.localhost') || hostname === '[::1]') return true
  return isIP(hostname) === 4 && hostname.startsWith('127.')
}
