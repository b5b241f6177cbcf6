import { propertyOf } from './json-copy.ts'

/** The headers that a caller of `auth.api` passed on; none when there are none, or none that can be read. */
export function headersOf(input: unknown): Headers {
  const given = propertyOf(input, 'headers') ?? propertyOf(propertyOf(input, 'request'), 'headers')
  if (given instanceof Headers) return given
  const headers = new Headers()
  if (typeof given !== 'object' || given === null) return headers
  for (const [name, value] of Object.entries(given)) {
    if (typeof value === 'string') headers.set(name, value)
  }
  return headers
}
