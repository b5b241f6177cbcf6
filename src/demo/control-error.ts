/**
 * Why a running demo cannot be spoken to:
 * - `ERR_NO_DEMO`: none is running
 * - `ERR_DEMO_RUNNING`: another one is, where one was to be started
 * - `ERR_CONTROL_DIRECTORY`: the folder of the control file is not ours alone
 * - `ERR_CONTROL_FAILED`: the demo did not do it; the message is its own
 */
export type ControlErrorCode =
  | 'ERR_NO_DEMO'
  | 'ERR_DEMO_RUNNING'
  | 'ERR_CONTROL_DIRECTORY'
  | 'ERR_CONTROL_FAILED'

export class ControlError extends Error {
  override readonly name = 'ControlError'
  readonly code: ControlErrorCode

  constructor(code: ControlErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
