import { reasonsOf } from '../../events/series.ts'
import type { Operation, Outcome, Reason } from '../../events/vocabulary.ts'
import type { Asked } from './operation-of-path.ts'
import { reasonOfCode } from './reason-of-code.ts'
import type { SessionCredential } from './session-credential.ts'

/** How an event ended. */
export interface Verdict {
  readonly outcome: Outcome
  readonly reason: Reason
}

export const OK: Verdict = { outcome: 'success', reason: 'ok' }
export const SERVER_ERROR: Verdict = { outcome: 'error', reason: 'server_error' }
/** It threw something that is no answer. */
export const EXCEPTION: Verdict = { outcome: 'error', reason: 'exception' }

export interface Refusal {
  readonly operation: Operation
  readonly status: number
  /** better-auth's own, when it gave one. */
  readonly code: string | undefined
  readonly credential: SessionCredential
}

/** What a refusal means: by its code, which says more, and else by its status. */
export function verdictOfRefusal({ operation, status, code, credential }: Refusal): Verdict {
  if (status >= 500) return SERVER_ERROR
  const reason = code === undefined ? reasonOfStatus(status) : (reasonOfCode(operation, code) ?? 'other')
  if (reason === 'server_error') return SERVER_ERROR
  return rejected(operation, reason === 'no_session' ? reasonOfCredential(credential) : reason)
}

/** What get-session has said. It answers `null` to all who have no session, whatever the reason is. */
export function verdictOfSession({
  credential,
  isThere,
}: {
  readonly credential: SessionCredential
  readonly isThere: boolean
}): Verdict {
  if (isThere) return OK
  if (credential === 'unsigned') return rejected('get_session', 'bad_signature')
  if (credential === 'signed') return rejected('get_session', 'expired_or_revoked')
  // What better-auth did not take for a credential, such as the token of another scheme, is as good as none.
  return succeeded('get_session', 'anonymous')
}

/** These sign in by setting the session cookie, which is seen before; without one they sent the browser on. */
const sendsOn: ReadonlySet<Operation> = new Set<Operation>(['sign_in_social', 'sign_in_other'])

/** What an answer without failure means, when it does not sign anyone in. */
export function verdictOfSuccess({ operation, begins }: Asked, method: string): Verdict {
  // Of a callback as a form, better-auth makes one as a link: it redirects to itself.
  const isForm = operation.startsWith('callback_') && method === 'POST'
  return succeeded(operation, begins || isForm || sendsOn.has(operation) ? 'continued' : 'ok')
}

/** Counted as `ok` when no one expects this reason of the operation. */
export function succeeded(operation: Operation, reason: Reason): Verdict {
  return reasonsOf(operation, 'success').includes(reason) ? { outcome: 'success', reason } : OK
}

/** Counted as `other` when no one expects this reason of the operation. */
function rejected(operation: Operation, reason: Reason): Verdict {
  return {
    outcome: 'rejected',
    reason: reasonsOf(operation, 'rejected').includes(reason) ? reason : 'other',
  }
}

function reasonOfStatus(status: number): Reason {
  if (status === 401) return 'no_session'
  if (status === 403) return 'not_permitted'
  if (status === 404) return 'not_found'
  if (status === 429) return 'rate_limited'
  if (status === 400 || status === 405 || status === 415 || status === 422) return 'malformed'
  return 'other'
}

/** Why there is no session. */
function reasonOfCredential(credential: SessionCredential): Reason {
  if (credential === 'unsigned') return 'bad_signature'
  return credential === 'signed' ? 'expired_or_revoked' : 'no_session'
}
