/**
 * Why there is no HTTP server:
 * - `ERR_PORT_IN_USE`: another process listens there
 * - `ERR_PORT_FORBIDDEN`: the system lets this user not listen there
 * - `ERR_ADDRESS_UNAVAILABLE`: the host is no address of this machine
 * - `ERR_ACCESS_OPEN`: the host can be reached from outside this machine, and nobody is asked who they are
 */
export type HttpServerErrorCode =
  | 'ERR_PORT_IN_USE'
  | 'ERR_PORT_FORBIDDEN'
  | 'ERR_ADDRESS_UNAVAILABLE'
  | 'ERR_ACCESS_OPEN'

export class HttpServerError extends Error {
  override readonly name = 'HttpServerError'
  readonly code: HttpServerErrorCode

  constructor(code: HttpServerErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
