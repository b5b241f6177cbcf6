import { callbackOperation, type Operation, type Provider } from '../../events/vocabulary.ts'

/** What a request is, beyond its operation. */
export interface Asked {
  readonly operation: Operation
  /** It only begins what another request ends: a link or a code is sent. */
  readonly begins: boolean
  /** It names an account and may try a credential on it. */
  readonly isAttempt: boolean
}

export const OTHER: Asked = { operation: 'other', begins: false, isAttempt: false }

const attempt = (operation: Operation): Asked => ({ operation, begins: false, isAttempt: true })
const begin = (operation: Operation): Asked => ({ operation, begins: true, isAttempt: true })
const request = (operation: Operation): Asked => ({ operation, begins: false, isAttempt: false })

/** Better-auth's routes and those of its plugins, without the base path. All others are `other`. */
const exact: Readonly<Record<string, Asked>> = {
  '/sign-in/email': attempt('sign_in_email'),
  '/sign-in/username': attempt('sign_in_username'),
  '/sign-in/phone-number': attempt('sign_in_phone'),
  '/phone-number/verify': attempt('sign_in_phone'),
  '/sign-in/social': request('sign_in_social'),
  '/sign-in/magic-link': begin('sign_in_magic_link'),
  '/magic-link/verify': request('sign_in_magic_link'),
  '/sign-in/email-otp': attempt('sign_in_email_otp'),
  '/sign-in/passkey': request('sign_in_passkey'),
  '/passkey/verify-authentication': request('sign_in_passkey'),
  '/sign-in/anonymous': request('sign_in_anonymous'),
  '/siwe/verify': request('sign_in_other'),
  '/one-tap/callback': request('sign_in_other'),
  '/sign-up/email': attempt('sign_up'),
  '/sign-out': request('sign_out'),
  '/get-session': request('get_session'),
  '/token': request('token'),
  '/oauth2/token': request('token'),
  '/request-password-reset': begin('reset_password'),
  '/forget-password': begin('reset_password'),
  '/forget-password/email-otp': begin('reset_password'),
  '/email-otp/request-password-reset': begin('reset_password'),
  '/phone-number/request-password-reset': begin('reset_password'),
  '/reset-password': attempt('reset_password'),
  '/email-otp/reset-password': attempt('reset_password'),
  '/phone-number/reset-password': attempt('reset_password'),
}

/** The last part of these is a provider's id. */
const CALLBACK = /^\/(?:callback|oauth2\/callback|sso\/callback|sso\/saml2\/callback)\/([^/]+)$/

/**
 * What is asked for, by the path below better-auth's base path.
 * @param known the providers whose callbacks are counted apart
 */
export function operationOfPath(path: string, known: ReadonlySet<Provider>): Asked {
  const found = Object.hasOwn(exact, path) ? exact[path] : undefined
  if (found !== undefined) return found
  if (path.startsWith('/sign-in/')) return request('sign_in_other')
  if (path.startsWith('/organization/')) return request('organization')
  if (path.startsWith('/two-factor/')) return request('two_factor')
  // The link in the mail: it leads to the page where the new password is entered.
  if (path.startsWith('/reset-password/')) return { ...begin('reset_password'), isAttempt: false }
  const id = CALLBACK.exec(path)?.[1]
  if (id === undefined) return OTHER
  const provider = [...known].find((each) => each === id)
  return request(provider === undefined ? 'callback_other' : callbackOperation(provider))
}

/** Endpoints without a path, which only `auth.api` has, by their names. */
export function operationOfName(name: string): Asked {
  if (name === 'verifyApiKey') return request('verify_api_key')
  if (name === 'signJWT' || name === 'verifyJWT') return request('token')
  return OTHER
}

/** The path below the base path; the whole path when it is not below it. */
export function pathBelow(basePath: string, url: string): string {
  const [base, path] = [withoutSlash(basePath), withoutSlash(pathOf(url))]
  return path.startsWith(`${base}/`) ? path.slice(base.length) : path
}

/** A request's URL is in normal form already, so that it need not be parsed again. */
function pathOf(url: string): string {
  const scheme = url.indexOf('://')
  const start = scheme === -1 ? 0 : url.indexOf('/', scheme + 3)
  if (start === -1) return ''
  const end = url.slice(start).search(/[?#]/)
  return end === -1 ? url.slice(start) : url.slice(start, start + end)
}

function withoutSlash(path: string): string {
  return path.endsWith('/') ? path.slice(0, -1) : path
}
