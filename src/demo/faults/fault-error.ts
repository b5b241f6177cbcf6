/**
 * Why a fault could not be switched:
 * - `ERR_FAULT_UNKNOWN`: there is no fault of this id
 * - `ERR_FAULT_ON`: it is on already
 * - `ERR_FAULT_OFF`: it is not on
 * - `ERR_FAULT_CONFLICT`: another fault that is on changes the same thing
 * - `ERR_FAULT_FAILED`: the demo is not in the state that the fault needs
 */
export type FaultErrorCode =
  | 'ERR_FAULT_UNKNOWN'
  | 'ERR_FAULT_ON'
  | 'ERR_FAULT_OFF'
  | 'ERR_FAULT_CONFLICT'
  | 'ERR_FAULT_FAILED'

export class FaultError extends Error {
  override readonly name = 'FaultError'
  readonly code: FaultErrorCode

  constructor(code: FaultErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
