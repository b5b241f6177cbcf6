import { apiKey } from '@better-auth/api-key'
import { betterAuth } from 'better-auth'
import {
  admin,
  anonymous,
  bearer,
  captcha,
  deviceAuthorization,
  emailOTP,
  genericOAuth,
  haveIBeenPwned,
  jwt,
  lastLoginMethod,
  magicLink,
  multiSession,
  oAuthProxy,
  oneTap,
  oneTimeToken,
  organization,
  phoneNumber,
  siwe,
  twoFactor,
  username,
} from 'better-auth/plugins'
import { socialProviderList } from 'better-auth/social-providers'
import { expect, test } from 'vitest'
import { operations, providers } from '../../src/events/vocabulary.ts'
import { reasonOfCode } from '../../src/instrument/verdict/reason-of-code.ts'

/** They are about keys, roles, settings and devices, and not about who may come in: `other`. */
const OF_NO_INTEREST = [
  'AUTHORIZATION_PENDING',
  'DEVICE_CODE_ALREADY_PROCESSED',
  'DEVICE_CODE_NOT_CLAIMED',
  'EMAIL_CAN_NOT_BE_UPDATED',
  'EXPIRES_IN_IS_TOO_LARGE',
  'EXPIRES_IN_IS_TOO_SMALL',
  'INVALID_DEVICE_CODE_STATUS',
  'INVALID_NAME_LENGTH',
  'INVALID_PREFIX_LENGTH',
  'INVALID_REMAINING',
  'INVALID_RESOURCE',
  'INVALID_TEAM_ID',
  'KEY_DISABLED_EXPIRATION',
  'KEY_NOT_RECOVERABLE',
  'METADATA_DISABLED',
  'MISSING_AC_INSTANCE',
  'NAME_REQUIRED',
  'NO_DATA_TO_UPDATE',
  'NO_DEFAULT_API_KEY_CONFIGURATION_FOUND',
  'NO_VALUES_TO_UPDATE',
  'ORGANIZATION_PLUGIN_REQUIRED',
  'PASSWORD_CANNOT_BE_UPDATED_VIA_UPDATE_USER',
  'PHONE_NUMBER_CANNOT_BE_SET',
  'PHONE_NUMBER_CANNOT_BE_UPDATED',
  'PHONE_NUMBER_PENDING_VERIFICATION',
  'REFILL_AMOUNT_AND_INTERVAL_REQUIRED',
  'REFILL_INTERVAL_AND_AMOUNT_REQUIRED',
  'SERVER_ONLY_PROPERTY',
  'USERNAME_IS_IMMUTABLE',
  'USER_ID_CANNOT_BE_UPDATED',
]

function installedCodes(): readonly string[] {
  const auth = betterAuth({
    baseURL: 'http://127.0.0.1',
    secret: 'x'.repeat(32),
    telemetry: { enabled: false },
    logger: { disabled: true },
    plugins: [
      ...[admin(), anonymous(), apiKey(), bearer(), deviceAuthorization(), haveIBeenPwned(), jwt()],
      ...[lastLoginMethod(), multiSession(), oAuthProxy(), oneTap(), oneTimeToken(), organization()],
      ...[phoneNumber(), twoFactor(), username()],
      captcha({ provider: 'hcaptcha', secretKey: 'secret' }),
      emailOTP({ sendVerificationOTP: async () => {} }),
      genericOAuth({ config: [] }),
      magicLink({ sendMagicLink: async () => {} }),
      siwe({ domain: 'example.com', getNonce: async () => 'nonce', verifyMessage: async () => true }),
    ],
  })
  return Object.keys(auth.$ERROR_CODES)
}

test('every code of the installed better-auth has a reason somewhere, or is known to be of no interest', () => {
  const codes = installedCodes()
  // If this is far from 221, the plugins are not what this test believes.
  expect(codes.length).toBeGreaterThan(200)
  const unknown = codes.filter((code) =>
    operations.every((operation) => reasonOfCode(operation, code) === undefined),
  )
  expect(unknown.toSorted()).toEqual(OF_NO_INTEREST)
})

test('a code means what it means where it is said', () => {
  expect(reasonOfCode('two_factor', 'INVALID_CODE')).toBe('invalid_code')
  expect(reasonOfCode('callback_github', 'invalid_code')).toBe('provider_failed')
  expect(reasonOfCode('token', 'INVALID_API_KEY')).toBe('key_invalid')
  expect(reasonOfCode('organization', 'INVALID_API_KEY')).toBe('no_session')
  expect(reasonOfCode('organization', 'YOU_ARE_NOT_ALLOWED_TO_DO_SOMETHING_NEW')).toBe('not_permitted')
  expect(reasonOfCode('sign_in_email', 'A_CODE_OF_TOMORROW')).toBeUndefined()
})

test('the callbacks of every provider that better-auth ships are counted apart', () => {
  expect(socialProviderList.filter((id) => !providers.some((provider) => provider === id))).toEqual([])
})
