import { Refusal } from '../catalogue/probe.ts'
import { networkFailure } from './network-failure.ts'

/** Whether an error is a server's doing, and not a fault of the probe itself. */
export function isServersFault(cause: unknown): boolean {
  return cause instanceof Refusal || networkFailure(cause) !== undefined
}
