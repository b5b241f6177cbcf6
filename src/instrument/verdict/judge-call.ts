import type { AuthSetup } from '../auth-setup.ts'
import { headersOf } from '../headers-of.ts'
import { propertyOf, textOf } from '../json-copy.ts'
import { errorOfRedirect } from './error-of-redirect.ts'
import { judgeResponse } from './judge-response.ts'
import type { Asked } from './operation-of-path.ts'
import { sessionCredential } from './session-credential.ts'
import {
  EXCEPTION,
  OK,
  SERVER_ERROR,
  succeeded,
  type Verdict,
  verdictOfRefusal,
  verdictOfSession,
  verdictOfSuccess,
} from './verdict.ts'

/** One call of a function of `auth.api`. */
export interface Call {
  readonly asked: Asked
  /** The first argument. */
  readonly input: unknown
  readonly setup: AuthSetup
}

/** What a call came to that did not throw. */
export function judgeResult(result: unknown, call: Call): Verdict | Promise<Verdict> {
  const { asked, input, setup } = call
  const { operation } = asked
  const headers = headersOf(input)
  if (result instanceof Response) {
    return judgeResponse(result, { asked, request: { method: 'GET', headers }, setup })
  }
  const value = isWrapped(input) ? propertyOf(result, 'response') : result
  if (operation === 'get_session') {
    return verdictOfSession({ credential: sessionCredential(headers, setup), isThere: value !== null })
  }
  if (operation === 'verify_api_key') return judgeKey(value, call)
  if (propertyOf(value, 'twoFactorRedirect') === true) return succeeded(operation, 'second_factor_required')
  return textOf(value, 'token') === undefined ? verdictOfSuccess(asked, 'GET') : OK
}

/** What a call came to that threw. */
export function judgeThrown(error: unknown, { asked, input, setup }: Call): Verdict {
  const status = propertyOf(error, 'statusCode')
  if (typeof status !== 'number') return EXCEPTION
  const headers = propertyOf(error, 'headers')
  const credential = sessionCredential(headersOf(input), setup)
  if (status < 400) {
    // How better-auth redirects.
    const code = errorOfRedirect(headers instanceof Headers ? headers : new Headers())
    if (code === undefined) return verdictOfSuccess(asked, 'GET')
    return verdictOfRefusal({ operation: asked.operation, status, code, credential })
  }
  const code = textOf(propertyOf(error, 'body'), 'code')
  return verdictOfRefusal({ operation: asked.operation, status, code, credential })
}

function judgeKey(value: unknown, { asked, setup, input }: Call): Verdict {
  if (propertyOf(value, 'valid') === true) return OK
  const error = propertyOf(value, 'error')
  const code = textOf(error, 'code')
  // Of a key that it could not look up, because the database is away, better-auth says that it is invalid. But what
  // it found to be invalid has text for a message, and this has an object.
  const message = propertyOf(error, 'message')
  if (code === 'INVALID_API_KEY' && typeof message === 'object' && message !== null) return SERVER_ERROR
  const credential = sessionCredential(headersOf(input), setup)
  return verdictOfRefusal({ operation: asked.operation, status: 403, code, credential })
}

/** Whether the caller asked for the headers or the status beside the result. */
function isWrapped(input: unknown): boolean {
  return propertyOf(input, 'returnHeaders') === true || propertyOf(input, 'returnStatus') === true
}
