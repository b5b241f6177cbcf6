/**
 * Why a batch is not counted, as an HTTP status. The words are sent to the client and repeat nothing that it sent.
 * - 400 is not a batch; sending it again is no use
 * - 413 too large; 415 in a form nobody asked for
 * - 422 from a server that is not known
 * - 503 not now; nothing of it was counted, or it will be recognised when it comes again
 */
export type RefusalStatus = 400 | 413 | 415 | 422 | 503

export class IngestRefusal extends Error {
  override readonly name = 'IngestRefusal'
  readonly status: RefusalStatus
  /** Seconds after which to try again. */
  readonly retryAfter: number | undefined

  constructor(status: RefusalStatus, message: string, options: ErrorOptions & { retryAfter?: number } = {}) {
    super(message, options)
    this.status = status
    this.retryAfter = options.retryAfter
  }
}
