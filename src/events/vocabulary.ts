// What an authentication event can be called. Both sides import it, so that every label value of every event metric
// is known before the first event, starts at 0, and cannot be made by who attacks. A worker refuses words it does
// not know: when a list here grows, workers are updated before applications.

/**
 * Whose callbacks are counted apart: the providers that better-auth ships, by their ids. All others, such as a
 * generic OAuth provider with an id of its own, are counted together as `callback_other`.
 */
export const providers = [
  ...['apple', 'atlassian', 'auth0', 'cloudflare', 'cognito', 'discord', 'dropbox', 'facebook', 'figma'],
  ...['github', 'gitlab', 'google', 'gumroad', 'hubspot', 'huggingface', 'kakao', 'keycloak', 'kick', 'line'],
  ...['linear', 'linkedin', 'microsoft', 'microsoft-entra-id', 'naver', 'notion', 'okta', 'patreon'],
  ...['paybin', 'paypal', 'polar', 'railway', 'reddit', 'roblox', 'salesforce', 'slack', 'spotify'],
  ...['tiktok', 'twitch', 'twitter', 'vercel', 'vk', 'wechat', 'yandex', 'zoom'],
] as const

export type Provider = (typeof providers)[number]

/** What every server is asked for. Each of these has its series at 0 from the start, on every server. */
export const commonOperations = [
  'sign_in_email',
  'sign_in_username',
  'sign_in_phone',
  'sign_in_social',
  'sign_in_magic_link',
  'sign_in_email_otp',
  'sign_in_passkey',
  'sign_in_anonymous',
  'sign_in_other',
  'sign_up',
  'sign_out',
  'get_session',
  'verify_api_key',
  'organization',
  'token',
  'reset_password',
  'two_factor',
  'callback_other',
  'extension_token',
  'other',
] as const

export type CommonOperation = (typeof commonOperations)[number]
export type CallbackOperation = `callback_${string}`
export type Operation = CommonOperation | CallbackOperation

/** As a label value: without the dashes of the provider's id. */
export function callbackOperation(provider: Provider): CallbackOperation {
  return `callback_${provider.replaceAll('-', '_')}`
}

/** Every operation there can be: the common ones, and the callback of each provider. */
export const operations: readonly Operation[] = [...commonOperations, ...providers.map(callbackOperation)]

/**
 * `success`: it did what was asked. `rejected`: it answered as it should to who may not. `error`: it broke.
 */
export const outcomes = ['success', 'rejected', 'error'] as const

export type Outcome = (typeof outcomes)[number]

/** Why. The same word means the same in every operation. */
export const reasons = [
  // success
  'ok',
  /** No credential was shown, and the answer says so. Visitors are no failure. */
  'anonymous',
  /** Not the last step: sent on to a provider, or a link or code was sent. */
  'continued',
  /** The password was right, and a second factor is asked for. */
  'second_factor_required',
  // rejected
  'invalid_credentials',
  'not_verified',
  'banned',
  /** Too many wrong codes: this account must wait, whoever asks. */
  'locked',
  /** Of this address, this path or this API key. */
  'rate_limited',
  'malformed',
  'untrusted_origin',
  'missing_origin',
  /** A URL to come back to whose origin is not trusted. */
  'untrusted_redirect',
  'captcha_failed',
  /** It needs a session, and no credential was shown. */
  'no_session',
  /** A session cookie that was signed with another secret, or tampered with. */
  'bad_signature',
  /** A rightly signed session cookie of a session that is no more. */
  'expired_or_revoked',
  'not_fresh',
  'already_exists',
  'weak_password',
  /** The application has switched it off. */
  'not_enabled',
  'not_found',
  'limit_reached',
  'not_permitted',
  'no_organization',
  'not_a_member',
  /** An API key without owner. */
  'missing_reference',
  'key_invalid',
  /** better-auth's own word for a key that lacks the permission, too. */
  'key_not_found',
  'key_disabled',
  'key_expired',
  'key_exhausted',
  'invalid_code',
  'expired_code',
  /** A second factor, but not of a sign-in that this browser began. */
  'lost_challenge',
  'not_enrolled',
  'invalid_link',
  'expired_link',
  'state_mismatch',
  'provider_denied',
  'provider_failed',
  'account_not_linked',
  'token_signature',
  'token_expired',
  'token_audience',
  'token_scope',
  'token_malformed',
  /** A code this list does not know, or one that no one expects of this operation. */
  'other',
  // error
  /** It answered with a status from 500. */
  'server_error',
  /** It threw something that is no answer. */
  'exception',
] as const

export type Reason = (typeof reasons)[number]

/** What only the application sees, and under which operation it is counted. */
export const applicationFailures = {
  missing_reference: 'verify_api_key',
  key_disabled: 'verify_api_key',
  no_session: 'organization',
  no_organization: 'organization',
  not_a_member: 'organization',
  token_signature: 'extension_token',
  token_expired: 'extension_token',
  token_audience: 'extension_token',
  token_scope: 'extension_token',
  token_malformed: 'extension_token',
} as const satisfies Partial<Record<Reason, Operation>>

export type ApplicationFailure = keyof typeof applicationFailures

/**
 * Upper bounds of the latency histogram, in seconds. 0.5 and 1 are bounds so that an objective of either is counted
 * exactly, and not interpolated.
 */
export const durationBuckets = [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] as const
