/**
 * Why events could not be delivered, or an event could not be understood. Told to `onError` only; no request ever
 * meets it.
 * - `unreachable` no answer from the worker; it is tried again
 * - `unauthorized` the worker does not know the token; it is tried again
 * - `not_now` the worker answered that it cannot, or something answered that is no worker; it is tried again
 * - `refused` the worker called the batch malformed: its events are given up, and counted as dropped
 * - `not_counted` an event was lost through a fault in this package
 */
export type InstrumentErrorCode = 'unreachable' | 'unauthorized' | 'not_now' | 'refused' | 'not_counted'

export class InstrumentError extends Error {
  override readonly name = 'InstrumentError'
  readonly code: InstrumentErrorCode

  constructor(code: InstrumentErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
