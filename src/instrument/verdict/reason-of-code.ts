import { reasonsOf } from '../../events/series.ts'
import type { Operation, Reason } from '../../events/vocabulary.ts'

/** What a code says of an event. */
export type CodeReason = Exclude<Reason, 'exception'>

/**
 * The codes of better-auth and its plugins by what they mean, in lower case, and with them what its redirects say
 * in `?error=`. A code that means different things in different places stands under each; the first that the
 * operation expects is taken. Codes that are about managing keys, roles and users are not here: they are `other`.
 */
const codesByReason: readonly (readonly [CodeReason, string])[] = [
  [
    'invalid_credentials',
    `invalid_email_or_password invalid_username_or_password invalid_phone_number_or_password
    invalid_password credential_account_not_found unauthorized_invalid_or_expired_nonce
    unauthorized_siwe_message_mismatch unauthorized_siwe_message_expired authentication_failed
    unauthorized_siwe_message_not_yet_valid`,
  ],
  [
    'not_verified',
    `email_not_verified phone_number_not_verified
    email_verification_required_before_accepting_or_rejecting_invitation
    email_verification_required_for_invitation`,
  ],
  ['banned', 'banned_user user_banned banned'],
  ['locked', 'account_temporarily_locked too_many_attempts too_many_attempts_request_new_code'],
  ['rate_limited', 'rate_limited rate_limit_exceeded polling_too_frequently too_many_requests'],
  [
    'malformed',
    `validation_error missing_field body_must_be_an_object invalid_email invalid_email_format
    invalid_username invalid_display_username username_too_short username_too_long invalid_phone_number
    callback_url_required method_not_allowed_defer_session_required async_validation_not_supported
    field_not_allowed invalid_callback_request no_callback_url invalid_metadata_type
    invalid_api_key_getter_return_type invalid_role_type unsupported_media_type`,
  ],
  ['untrusted_origin', 'invalid_origin cross_site_navigation_login_blocked'],
  ['missing_origin', 'missing_or_null_origin'],
  [
    'untrusted_redirect',
    `invalid_callback_url invalid_redirect_url invalid_error_callback_url
    invalid_new_user_callback_url`,
  ],
  ['captcha_failed', 'verification_failed missing_response'],
  ['key_invalid', 'invalid_api_key'],
  ['key_not_found', 'key_not_found insufficient_api_key_permissions'],
  ['key_disabled', 'key_disabled'],
  ['key_expired', 'key_expired'],
  ['key_exhausted', 'usage_exceeded'],
  ['missing_reference', 'invalid_reference_id_from_api_key invalid_user_id_from_api_key'],
  ['expired_or_revoked', 'session_expired failed_to_get_session'],
  ['bad_signature', 'invalid_session_token'],
  ['not_fresh', 'session_not_fresh'],
  [
    'already_exists',
    `user_already_exists user_already_exists_use_another_email username_is_already_taken
    phone_number_exist organization_already_exists organization_slug_already_taken team_already_exists
    user_is_already_a_member_of_this_organization user_is_already_invited_to_this_organization
    social_account_already_linked linked_account_already_exists email_already_verified totp_already_enabled
    user_already_has_password password_already_set role_name_is_already_taken
    anonymous_users_cannot_sign_in_again_anonymously`,
  ],
  ['weak_password', 'password_too_short password_too_long password_compromised'],
  [
    'not_enabled',
    `email_password_disabled email_password_sign_up_disabled reset_password_disabled
    verification_email_not_enabled change_email_disabled signup_disabled new_user_signup_disabled
    send_otp_not_implemented delete_anonymous_user_disabled organization_deletion_disabled
    id_token_not_supported provider_not_supported provider_not_configured invalid_oauth_configuration
    token_url_not_found`,
  ],
  [
    'not_found',
    `user_not_found organization_not_found member_not_found team_not_found role_not_found
    invitation_not_found failed_to_retrieve_invitation provider_not_found oauth_provider_not_found
    phone_number_not_exist account_not_found user_email_not_found not_found passkey_not_found`,
  ],
  [
    'limit_reached',
    `you_have_reached_the_maximum_number_of_organizations
    you_have_reached_the_maximum_number_of_teams organization_membership_limit_reached
    invitation_limit_reached team_member_limit_reached too_many_roles`,
  ],
  [
    'no_organization',
    `no_active_organization you_must_be_in_an_organization_to_create_a_role
    you_do_not_have_an_active_team organization_id_required`,
  ],
  [
    'not_a_member',
    `user_is_not_a_member_of_the_organization you_are_not_a_member_of_this_organization
    user_not_member_of_organization user_is_not_a_member_of_the_team
    inviter_is_no_longer_a_member_of_the_organization`,
  ],
  [
    'not_permitted',
    `you_are_not_the_recipient_of_the_invitation you_cannot_impersonate_admins
    you_can_not_access_the_members_of_this_team you_cannot_ban_yourself you_cannot_remove_yourself
    you_cannot_leave_the_organization_as_the_only_owner you_cannot_leave_the_organization_without_an_owner
    failed_to_unlink_last_account unable_to_remove_last_team cannot_delete_a_pre_defined_role
    role_is_assigned_to_members user_is_not_anonymous validation_failed forbidden`,
  ],
  [
    'invalid_code',
    `invalid_code invalid_otp otp_not_found invalid_backup_code invalid_device_code
    invalid_user_code`,
  ],
  ['expired_code', 'otp_expired otp_has_expired expired_device_code expired_user_code'],
  ['lost_challenge', 'invalid_two_factor_cookie'],
  [
    'not_enrolled',
    `two_factor_not_enabled totp_not_enabled otp_not_enabled backup_codes_not_enabled
    totp_not_configured otp_not_configured`,
  ],
  ['invalid_link', 'invalid_token invalid_user'],
  ['expired_link', 'token_expired'],
  [
    'state_mismatch',
    `state_mismatch state_not_found state_invalid state_security_mismatch
    please_restart_the_process`,
  ],
  ['provider_denied', 'access_denied login_required consent_required interaction_required user_cancelled'],
  [
    'provider_failed',
    `invalid_code invalid_token oauth_code_verification_failed unable_to_get_user_info no_code
    failed_to_get_user_info issuer_missing issuer_mismatch nonce_binding_missing email_not_found server_error
    temporarily_unavailable invalid_request unauthorized_client unsupported_response_type invalid_scope
    user_email_not_found failed_to_get_access_token failed_to_refresh_access_token`,
  ],
  [
    'account_not_linked',
    `account_not_linked unable_to_link_account email_does_not_match
    account_already_linked_to_different_user linking_not_allowed linking_failed
    linking_different_emails_not_allowed oauth_link_error email_mismatch`,
  ],
  [
    'no_session',
    'unauthorized unauthorized_session authentication_required session_required invalid_api_key',
  ],
  /** What better-auth answers with a 4xx although it broke: the user could not be stored. */
  [
    'server_error',
    `failed_to_create_user failed_to_create_session failed_to_update_user could_not_create_session
    failed_to_create_verification unexpected_error unknown_error internal_server_error unable_to_create_user
    unable_to_create_session unable_to_update_account user_creation_failed state_generation_error
    failed_to_delete_anonymous_user failed_to_delete_anonymous_user_sessions failed_to_update_api_key`,
  ],
]

/** A refusal because of a role or a permission; better-auth has some fifty of these. */
const NOT_PERMITTED = /^you_are_not_allowed_to_/

const reasonsByCode: ReadonlyMap<string, readonly CodeReason[]> = indexOf(codesByReason)

/**
 * Why, by better-auth's own code.
 * @returns undefined for a code that says nothing of this operation
 */
export function reasonOfCode(operation: Operation, code: string): CodeReason | undefined {
  const word = code.toLowerCase()
  const candidates = reasonsByCode.get(word) ?? (NOT_PERMITTED.test(word) ? (['not_permitted'] as const) : [])
  const expected = reasonsOf(operation, 'rejected')
  return candidates.find((reason) => reason === 'server_error' || expected.includes(reason))
}

function indexOf(codes: typeof codesByReason): ReadonlyMap<string, readonly CodeReason[]> {
  const index = new Map<string, CodeReason[]>()
  for (const [reason, words] of codes) {
    for (const word of words.split(/\s+/)) index.set(word, [...(index.get(word) ?? []), reason])
  }
  return index
}
