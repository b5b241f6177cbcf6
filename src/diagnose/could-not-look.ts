import { databaseError } from '../database/errors.ts'
import { NotHere } from '../database/scope.ts'
import { networkFailure } from '../servers/network-failure.ts'
import type { Look } from './diagnosis.ts'
import { WorkerRefusal } from './worker-refusal.ts'

/** What a step that failed says of itself, without what the error quotes. */
export function couldNotLook(cause: unknown): Look {
  if (cause instanceof NotHere) return { sign: 'skipped', evidence: cause.message }
  if (cause instanceof WorkerRefusal) return { sign: 'unknown', evidence: cause.message }
  const network = networkFailure(cause)
  if (network !== undefined) return { sign: 'unknown', evidence: `no answer: ${network.reason}` }
  const { code, message } = databaseError(cause)
  return { sign: 'unknown', evidence: `${code}: ${message}` }
}
