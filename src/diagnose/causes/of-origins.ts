import type { CheckId } from '../../catalogue/naming.ts'
import { type CausesOfProbe, cause, type Met } from './cause.ts'

const listed = ({ server, about }: Met) =>
  `Add ${about} to CORS_ORIGIN on ${server}, exactly as the browser sends it (no slash at the end), and restart it. Is it no longer meant? Take it out of origins.`
const foreign =
  'Compare origins for equality against the list: never by prefix or pattern, never by reflecting what was sent, and never null.'

/** Browsers of a declared origin that are locked out, or of a foreign one that are let in. */
export const causesOfOrigins: Readonly<Record<CheckId, CausesOfProbe>> = {
  'origin.cors_mismatch': {
    not_allowed: (met) =>
      cause(
        `CORS_ORIGIN on ${met.server} lacks ${met.about}: browsers throw its answers away, and keep no cookie.`,
        listed(met),
      ),
    wildcard: (met) =>
      cause(
        `${met.server} allows the origin *, which browsers take for no request with cookies.`,
        listed(met),
      ),
    repeated: ({ server }) =>
      cause(
        `Access-Control-Allow-Origin is there twice on ${server}: proxy and application both write it, and browsers refuse both.`,
        'Let one of the two write it; look for add_header Access-Control-… in the proxy.',
      ),
    no_credentials: ({ server }) =>
      cause(
        `${server} does not send Access-Control-Allow-Credentials: true: browsers neither send nor keep cookies.`,
        `Switch credentials on in the CORS settings of ${server}.`,
      ),
    preflight_status: ({ server, detail }) =>
      cause(
        `${server} answers the preflight with ${detail.status}: something that asks for a sign-in stands before CORS.`,
        'Mount CORS before everything that authenticates.',
      ),
    header_refused: ({ server }) =>
      cause(
        `${server} does not allow the header content-type: a page cannot send JSON.`,
        'Add content-type to the allowed headers.',
      ),
    hostile_allowed: ({ server, about, detail }) =>
      cause(
        `${server} gives CORS to ${about}, which nobody declared${detail.grant === 'credentials' ? ', with credentials: its pages can read what signed-in users see' : ''}.`,
        foreign,
      ),
  },
  'origin.trust_mismatch': {
    refused: ({ server, about }) =>
      cause(
        `better-auth on ${server} does not trust ${about}: its users get 403 INVALID_ORIGIN at sign-in.`,
        `Add ${about} to trustedOrigins on ${server} and restart it; if it was trusted as the server's own, BETTER_AUTH_URL is wrong.`,
      ),
    hostile_trusted: ({ server, about }) =>
      cause(
        `better-auth on ${server} trusts ${about}, which nobody declared: other sites can act with users' cookies.`,
        'No wildcard that an attacker can register; disableCSRFCheck and disableOriginCheck off; NODE_ENV not test.',
      ),
    not_found: ({ server }) =>
      cause(`better-auth is not where routes.auth says on ${server} (404).`, 'Correct routes.auth.'),
  },
}
