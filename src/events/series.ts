import { type CommonOperation, type Operation, type Outcome, outcomes, type Reason } from './vocabulary.ts'

/** One time series of `authwatch_auth_events_total`, but for the server. */
export interface Series {
  readonly operation: Operation
  readonly outcome: Outcome
  readonly reason: Reason
}

type Expected = Readonly<Record<'success' | 'rejected', readonly Reason[]>>

// What is expected where: below 400 series a server with a few providers, and no series that cannot happen.
const anywhere = ['malformed', 'rate_limited', 'untrusted_origin', 'missing_origin', 'other'] as const
const session = ['no_session', 'bad_signature', 'expired_or_revoked'] as const
const key = ['key_invalid', 'key_not_found', 'key_disabled', 'key_expired', 'key_exhausted'] as const
const code = ['invalid_code', 'expired_code', 'locked'] as const
const link = ['invalid_link', 'expired_link'] as const
const signIn = ['banned', 'not_enabled', 'not_permitted', 'untrusted_redirect', 'captcha_failed'] as const
const linked = ['provider_failed', 'account_not_linked', 'not_verified'] as const
const social = [...anywhere, ...signIn, ...linked] as const
const provider = ['state_mismatch', 'provider_denied', 'not_found', 'not_enabled', 'banned'] as const
const secondFactor = ['ok', 'second_factor_required'] as const
const password = [...anywhere, ...signIn, 'invalid_credentials', 'not_verified'] as const
const tenant = ['no_organization', 'not_a_member', 'not_permitted', 'not_found', 'limit_reached'] as const
const account = ['already_exists', 'weak_password', 'not_enabled', 'captcha_failed'] as const
const anyRoute = ['invalid_credentials', 'not_fresh', 'not_enrolled', 'untrusted_redirect', 'banned'] as const
const extension = [
  'token_signature',
  'token_expired',
  'token_audience',
  'token_scope',
  'token_malformed',
] as const

const expected: Readonly<Record<CommonOperation, Expected>> = {
  sign_in_email: { success: secondFactor, rejected: password },
  sign_in_username: { success: secondFactor, rejected: password },
  sign_in_phone: { success: secondFactor, rejected: [...password, ...code] },
  sign_in_social: { success: ['ok', 'continued'], rejected: [...social, 'not_found'] },
  sign_in_magic_link: { success: ['ok', 'continued'], rejected: [...anywhere, ...signIn, ...link] },
  sign_in_email_otp: { success: secondFactor, rejected: [...anywhere, ...signIn, ...code] },
  sign_in_passkey: { success: ['ok'], rejected: [...anywhere, 'invalid_credentials', 'not_found', 'banned'] },
  sign_in_anonymous: { success: ['ok'], rejected: [...anywhere, 'already_exists', 'captcha_failed'] },
  sign_in_other: { success: ['ok', 'continued'], rejected: [...social, 'invalid_credentials', 'not_found'] },
  sign_up: { success: ['ok'], rejected: [...anywhere, ...account, 'not_permitted', 'untrusted_redirect'] },
  sign_out: { success: ['ok'], rejected: [...anywhere, ...session, 'untrusted_redirect'] },
  get_session: {
    success: ['ok', 'anonymous'],
    rejected: [...anywhere, ...key, 'bad_signature', 'expired_or_revoked', 'banned', 'missing_reference'],
  },
  verify_api_key: {
    success: ['ok'],
    rejected: [...key, 'rate_limited', 'malformed', 'missing_reference', 'banned', 'other'],
  },
  organization: {
    success: ['ok'],
    rejected: [...anywhere, ...session, ...tenant, 'already_exists', 'not_enabled', 'not_verified'],
  },
  token: { success: ['ok'], rejected: [...anywhere, ...session, ...key] },
  reset_password: {
    success: ['ok', 'continued'],
    rejected: [...anywhere, ...link, ...code, ...account, 'not_found', 'untrusted_redirect'],
  },
  two_factor: {
    success: ['ok'],
    rejected: [...anywhere, ...session, ...code, 'lost_challenge', 'not_enrolled', 'invalid_credentials'],
  },
  callback_other: {
    success: ['ok', 'continued'],
    rejected: [...linked, ...provider, 'malformed', 'rate_limited', 'other'],
  },
  extension_token: { success: [], rejected: extension },
  other: {
    success: ['ok'],
    rejected: [...anywhere, ...session, ...link, ...code, ...account, ...tenant, ...linked, ...anyRoute],
  },
}

/** The reasons an operation can have with an outcome. Every other reason is counted as `other`. */
export function reasonsOf(operation: Operation, outcome: Outcome): readonly Reason[] {
  if (outcome === 'error') return operation === 'extension_token' ? [] : ['server_error', 'exception']
  return expected[isCommon(operation) ? operation : 'callback_other'][outcome]
}

/** All label values of `authwatch_auth_events_total` for one operation: what starts at 0. */
export function seriesOf(operation: Operation): readonly Series[] {
  return outcomes.flatMap((outcome) =>
    reasonsOf(operation, outcome).map((reason) => ({ operation, outcome, reason })),
  )
}

function isCommon(operation: Operation): operation is CommonOperation {
  return operation in expected
}
