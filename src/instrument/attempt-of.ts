import type { AuthOptionsLike } from './auth-like.ts'
import type { InstrumentOptions } from './instrument-options.ts'
import { textOf } from './json-copy.ts'

/** What names an account, in the bodies of better-auth's routes that try a credential or ask for one. */
const NAMES = ['email', 'username', 'phoneNumber']
const MAX_LENGTH = 320

/** The account that a body names, in the one form that all its spellings share. */
export function accountOf(body: unknown): string | undefined {
  for (const name of NAMES) {
    const account = textOf(body, name)?.trim().toLowerCase()
    if (account !== undefined && account !== '' && account.length <= MAX_LENGTH) return account
  }
  return undefined
}

/** How the client's address is read from a request: as the application says, or where better-auth reads it. */
export function addressReader(
  { clientAddress }: InstrumentOptions,
  { advanced }: AuthOptionsLike,
): (headers: Headers) => string | undefined {
  const names = advanced?.ipAddress?.ipAddressHeaders ?? ['x-forwarded-for']
  return clientAddress ?? ((headers) => firstAddress(headers, names))
}

/** The first in the first of these headers that is there. */
function firstAddress(headers: Headers, names: readonly string[]): string | undefined {
  for (const name of names) {
    const address = headers.get(name)?.split(',', 1)[0]?.trim()
    if (address !== undefined && address !== '') return address
  }
  return undefined
}
