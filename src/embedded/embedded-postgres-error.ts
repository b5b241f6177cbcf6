/**
 * Why the embedded PostgreSQL is not there:
 * - `ERR_EMBEDDED_PLATFORM`: no binaries run on this machine
 * - `ERR_EMBEDDED_INIT`: the cluster's files could not be made or are not usable
 * - `ERR_EMBEDDED_START`: the server would not start or refused us
 * - `ERR_EMBEDDED_TIMEOUT`: the time given ran out
 */
export type EmbeddedPostgresErrorCode =
  | 'ERR_EMBEDDED_PLATFORM'
  | 'ERR_EMBEDDED_INIT'
  | 'ERR_EMBEDDED_START'
  | 'ERR_EMBEDDED_TIMEOUT'

const WAY_OUT = 'To use a PostgreSQL of your own instead, set STATE_DATABASE_URL.'

export class EmbeddedPostgresError extends Error {
  override readonly name = 'EmbeddedPostgresError'
  readonly code: EmbeddedPostgresErrorCode

  constructor(code: EmbeddedPostgresErrorCode, message: string, options?: ErrorOptions) {
    super(`${message} ${WAY_OUT}`, options)
    this.code = code
  }
}
