/** Why a fix was not applied, in words an operator can act on and free of row contents. */
export class FixError extends Error {
  override readonly name = 'FixError'
  readonly code = 'ERR_FIX'
}

/** PostgreSQL's own message is never passed on: it can quote row contents. Source: its documentation, appendix A. */
const BY_SQLSTATE: Readonly<Record<string, string>> = {
  '25006': 'the server takes no changes: it is a standby, or the role may only read',
  '42501': 'the role may not change this table',
  '23503': 'rows of another table refer to these, and forbid it',
  '57014': 'a batch took longer than it may; choose a smaller --batch',
  '28P01': 'the password in the URL was refused',
  '28000': 'the role in the URL was refused',
  '3D000': 'the database named in the URL does not exist',
  '42P01': 'a table was renamed or dropped meanwhile',
  '42703': 'a column was renamed or dropped meanwhile',
}

export function sqlStateOf(cause: unknown): string {
  if (typeof cause !== 'object' || cause === null || !('code' in cause)) return ''
  return typeof cause.code === 'string' ? cause.code : ''
}

/** Any error of `pg` as a FixError with the original as its cause. */
export function fixError(cause: unknown): FixError {
  if (cause instanceof FixError) return cause
  const code = sqlStateOf(cause)
  const known = BY_SQLSTATE[code]
  const words = known ?? (code === '' ? 'the connection was lost' : `PostgreSQL answered ${code}`)
  return new FixError(`the fix was not applied: ${words}`, { cause })
}
