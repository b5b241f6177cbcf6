import type { AuthSetup } from '../auth-setup.ts'
import { copyJson, readJson, textOf } from '../json-copy.ts'
import { errorOfRedirect } from './error-of-redirect.ts'
import type { Asked } from './operation-of-path.ts'
import { sessionChange, sessionCredential } from './session-credential.ts'
import {
  OK,
  succeeded,
  type Verdict,
  verdictOfRefusal,
  verdictOfSession,
  verdictOfSuccess,
} from './verdict.ts'

/** Better-auth's bodies of errors have some 60 bytes. What is longer than this is not one of them. */
const MAX_ERROR_BYTES = 64 * 1_024

export interface Exchange {
  readonly asked: Asked
  readonly request: Pick<Request, 'method' | 'headers'>
  readonly setup: AuthSetup
}

/**
 * What an answer means. Says so at once when status and headers tell, which is so for whatever succeeds; else it
 * has copied the body, which is read when the answer is on its way.
 */
export function judgeResponse(response: Response, exchange: Exchange): Verdict | Promise<Verdict> {
  const { asked, request, setup } = exchange
  const { status } = response
  if (status >= 400) return judgeRefusal(response, exchange)
  if (asked.operation === 'get_session') return judgeSession(response, exchange)
  const change = sessionChange(response.headers, setup)
  if (change.isChallenged) return succeeded(asked.operation, 'second_factor_required')
  if (change.isSet) return OK
  if (status >= 300) {
    const error = errorOfRedirect(response.headers)
    if (error !== undefined) {
      return verdictOfRefusal({ operation: asked.operation, status, code: error, credential: 'unknown' })
    }
  }
  return verdictOfSuccess(asked, request.method)
}

function judgeRefusal(response: Response, exchange: Exchange): Verdict | Promise<Verdict> {
  const { operation } = exchange.asked
  const { status } = response
  const credential = sessionCredential(exchange.request.headers, exchange.setup)
  const judge = (code: string | undefined) => verdictOfRefusal({ operation, status, code, credential })
  const copy = status >= 500 ? undefined : copyJson(response, MAX_ERROR_BYTES)
  if (copy === undefined) return judge(undefined)
  return readJson(copy, MAX_ERROR_BYTES).then((body) => judge(textOf(body, 'code')))
}

/** `null` is answered to whoever has no session, whatever the reason is; it is in the cookies. */
function judgeSession(response: Response, exchange: Exchange): Verdict | Promise<Verdict> {
  const credential = sessionCredential(exchange.request.headers, exchange.setup)
  if (credential !== 'unknown') {
    const isThere = credential === 'signed' && !sessionChange(response.headers, exchange.setup).isCleared
    return verdictOfSession({ credential, isThere })
  }
  const copy = copyJson(response, MAX_ERROR_BYTES)
  if (copy === undefined) return OK
  return readJson(copy, MAX_ERROR_BYTES).then((body) =>
    verdictOfSession({ credential, isThere: body !== null }),
  )
}
