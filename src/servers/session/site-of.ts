import { getDomain } from 'tldts'

/**
 * The site of a URL as browsers draw its border for `SameSite`: scheme and registrable domain, with the private part of
 * the public suffix list (HTML standard, "same site"). An address or a name of one label is its own site.
 */
export function siteOf(url: string): string {
  const { protocol, hostname } = new URL(url)
  return `${protocol}//${getDomain(hostname, { allowPrivateDomains: true }) ?? hostname}`
}
