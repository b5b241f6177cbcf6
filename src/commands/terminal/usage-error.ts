/** The command line asks for something that is not there. The message says what, and how to find out what is. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
  readonly code = 'ERR_USAGE'
}
