import { expect } from 'vitest'
import { organizationOf, spareClient, spareUser } from '../../src/demo/faults/roles.ts'
import type { Seeded } from '../../src/demo/seed.ts'
import type { Outcomes } from './watched-demo.ts'

/** By check or probe, what it comes to on each of its targets while the fault is on. */
export type Expectation = Readonly<Record<string, Outcomes>>

const ADMIN = 'https://admin.crm.example.com'
const HOSTILE = 'https://authwatch-hostile.example'
/** Begins like a declared origin. */
const LOOKALIKE = 'https://app.crm.example.com.authwatch-hostile.example'

/** Faults of one server are put into the last one. */
const onC = (found: string | readonly string[]): Outcomes => {
  return { 'crm-a': 'pass', 'crm-b': 'pass', 'crm-c': found }
}
const everywhere = (found: string | readonly string[]): Outcomes => {
  return { 'crm-a': found, 'crm-b': found, 'crm-c': found }
}
const fleet = (found: string | readonly string[]): Outcomes => ({ fleet: found })
const rows = (keys: readonly string[]): Outcomes => ({ crm: keys.toSorted() })
/** Of rows that the fault itself makes, only the number is known. */
const someRows = (count: number): Outcomes => {
  return { crm: Array.from({ length: count }, () => expect.any(String)) }
}

const nothing = 'pass'
/** A key that better-auth refuses: by whichever server. */
const keyRefused = { 'api_access.canary_refused': everywhere(['own_tenant: key_refused']) }

/**
 * What each fault must be seen as, from what it is: who is hit, at which step of a client, and what that client would
 * say about it. Beside the probe that names the cause stand those that must not name another one.
 */
export const expectations: Readonly<Record<string, (seeded: Seeded) => Expectation>> = {
  F02: () => ({
    'journey.sign_in_broken': onC(['cookie/max_age: cookie_max_age', 'session/lifetime: lifetime_shorter']),
    'session.lifetime_out_of_policy': someRows(1),
  }),
  // The signing key in the database is encrypted with the secret that all others hold.
  F03: () => ({
    'secret.auth_differs': onC(['forged: differs']),
    'attestation.secret_mismatch': fleet(['compare/auth/crm-c: differs']),
    'credential.refused_elsewhere': fleet(['session/crm-c: refused']),
    'canary_session.ended': onC(['session: session_null']),
    'journey.sign_in_broken': onC(['session: signing_key']),
    'jwks.undecryptable': fleet(nothing),
  }),
  F04: () => ({
    'journey.sign_in_broken': onC(['cookie/domain: cookie_domain']),
    'secret.auth_differs': everywhere(nothing),
  }),
  // Lax suits these origins: app, admin and api are one site.
  F05: () => ({
    'journey.sign_in_broken': onC(['cookie/not_secure: cookie_not_secure', 'cookie/prefix: cookie_prefix']),
    'credential.refused_elsewhere': fleet(['session/crm-c: refused']),
    'canary_session.ended': onC(['session: session_null']),
    'secret.auth_differs': everywhere(nothing),
  }),
  // The secret shows in a Set-Cookie only.
  F06: () => ({
    'journey.sign_in_broken': onC(['cookie: no_cookie']),
    'secret.auth_differs': onC('error ERR_UNREACHABLE'),
    'credential.refused_elsewhere': fleet(nothing),
  }),
  F07: () => ({
    'origin.cors_mismatch': onC([
      `answer/${ADMIN}: not_allowed`,
      `preflight/${ADMIN}: not_allowed`,
      `tenant_preflight/${ADMIN}: not_allowed`,
    ]),
    'origin.trust_mismatch': everywhere(nothing),
  }),
  F08: () => ({
    'origin.trust_mismatch': onC([`declared/${ADMIN}: refused`]),
    'origin.cors_mismatch': everywhere(nothing),
  }),
  F09: () => ({
    'origin.cors_mismatch': onC([
      `hostile/${LOOKALIKE}: hostile_allowed`,
      `hostile/${HOSTILE}: hostile_allowed`,
      'hostile/null: hostile_allowed',
    ]),
    'origin.trust_mismatch': onC([
      `hostile/${LOOKALIKE}: hostile_trusted`,
      `hostile/${HOSTILE}: hostile_trusted`,
    ]),
  }),
  // What is authwatch's own, as this key is, counts in no check of the rows.
  F10: () => ({ ...keyRefused, 'api_key.revoked_in_use': { crm: nothing } }),
  F10b: () => keyRefused,
  F10c: () => keyRefused,
  F10d: () => keyRefused,
  F11: (seeded) => ({ 'api_key.no_reference': rows(keys(seeded, [0, 1, 2])) }),
  F12: (seeded) => ({ 'api_key.owner_missing': rows(keys(seeded, [3, 4])) }),
  F13: () => ({
    'api_access.canary_refused': everywhere(['own_tenant: tenant_refused']),
    'journey.sign_in_broken': everywhere(['tenant: tenant_refused']),
  }),
  F14: (seeded) => ({ 'api_key.near_exhaustion': rows(keys(seeded, [5, 6])) }),
  F15: (seeded) => ({
    'session.active_organization_foreign': rows(
      ([0, 1, 2] as const).map((index) => spareClient(seeded, index).sessionId),
    ),
  }),
  F16: () => ({ 'organization.sign_up_hook_broken': someRows(10) }),
  F17: (seeded) => ({
    'organization.users_without_membership': rows([spareUser(seeded, 1).id]),
    'organization.without_owner': rows([dorado(seeded)]),
    'organization.membership_orphaned': someRows(1),
  }),
  F18: () => ({
    'secret.extension_differs': onC(['signature: differs']),
    'attestation.secret_mismatch': fleet(['compare/extension_token/crm-c: differs']),
    'extension_token.misjudged': onC(['valid: refused']),
    'credential.refused_elsewhere': fleet(['extension_token/crm-c: refused']),
    'secret.auth_differs': everywhere(nothing),
  }),
  F19: () => ({
    'extension_token.misjudged': onC(['expired: accepted']),
    'secret.extension_differs': everywhere(nothing),
  }),
  // Probes make their tokens themselves: only the server can say what it makes.
  F19b: () => ({
    'attestation.settings_drift': fleet(['compare/extensionToken.lifetime/crm-c: policy']),
    'extension_token.misjudged': everywhere(nothing),
  }),
  F20: () => ({
    'extension_token.misjudged': onC([
      'missing_scope: accepted',
      'wildcard_scope: accepted',
      'wrong_audience: accepted',
    ]),
    'secret.extension_differs': everywhere(nothing),
  }),
  F21: () => ({ 'debug.open': onC(['anonymous: open']) }),
  F22: () => ({
    'clock.skewed': fleet(['compare/crm-c: ahead']),
    'credential.refused_elsewhere': fleet(nothing),
  }),
  // Only who is signed in meets it. What is published is the other half of the key.
  F23: () => ({
    'jwks.undecryptable': fleet([expect.stringMatching(/^decrypt\/\S+: undecryptable$/)]),
    'journey.sign_in_broken': everywhere(['session: signing_key']),
    'canary_session.ended': everywhere(['session: signing_key']),
    'jwks.unusable': everywhere(nothing),
    'credential.refused_elsewhere': fleet(nothing),
  }),
  // Who does not exist is refused before a session would be written.
  F25: () => ({
    'schema.column_missing': { crm: ['session.userAgent'] },
    'journey.sign_in_broken': everywhere(['sign_in: server_error']),
    'sign_in.unhealthy': everywhere(nothing),
  }),
  // A server that cannot be asked is one probe's to tell; no other calls it wrong, and none blames the rest.
  F30: () => ({
    'server.not_answering': onC(['ok: connection_refused']),
    'journey.sign_in_broken': onC('error ERR_UNREACHABLE'),
    'clock.skewed': fleet(nothing),
    'credential.refused_elsewhere': fleet(nothing),
  }),
  F30b: () => ({
    'server.not_answering': onC(['ok: timeout']),
    'journey.sign_in_broken': onC('error ERR_TIMEOUT'),
    'clock.skewed': fleet(nothing),
    'credential.refused_elsewhere': fleet(nothing),
  }),
}

function keys(seeded: Seeded, indexes: readonly Parameters<typeof spareClient>[1][]): readonly string[] {
  return indexes.map((index) => spareClient(seeded, index).apiKey.id)
}

/** The organization whose owner the fault demotes: of the five owners, the last but one founded it. */
function dorado(seeded: Seeded): string {
  return organizationOf(
    seeded,
    seeded.users.find(({ organization, role }) => organization === 'dorado' && role === 'owner')!,
  ).id
}
