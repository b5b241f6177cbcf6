import { createHmac, randomBytes } from 'node:crypto'
import { compare } from 'bcryptjs'

/** Whom a request's `Authorization` header proves to be right; `busy` when too many are being checked at once. */
export type Identified = 'yes' | 'no' | 'busy'

export interface BasicAuth {
  identify(authorization: string | undefined, users: Users): Promise<Identified>
  /** Whether the pair was right before, with the same hash. */
  remembers(authorization: string | undefined, users: Users): boolean
}

/** Names and the bcrypt hashes of their passwords. */
type Users = ReadonlyMap<string, string>

const MAX_REMEMBERED = 100
/** Hashing is slow on purpose, and shares its thread with everything else. */
const MAX_AT_ONCE = 2

/**
 * Compares passwords with bcrypt, and remembers pairs that were right, so that a scrape costs no hash. What is
 * remembered is a keyed digest, never a password. What was wrong is not remembered: then all wrong answers take alike.
 */
export function basicAuth(): BasicAuth {
  const key = randomBytes(32)
  const right = new Set<string>()
  let underWay = 0
  const remember = (digest: string): void => {
    const [oldest] = right.size < MAX_REMEMBERED ? [] : right
    if (oldest !== undefined) right.delete(oldest)
    right.add(digest)
  }
  const digestOf = ({ name, password }: Credentials, users: Users): string => {
    const parts = [name, password, users.get(name) ?? '']
    return createHmac('sha256', key).update(JSON.stringify(parts)).digest('base64')
  }
  return {
    remembers(authorization, users) {
      const given = credentials(authorization)
      return given !== undefined && right.has(digestOf(given, users))
    },
    async identify(authorization, users) {
      const given = credentials(authorization)
      if (given === undefined) return 'no'
      const hash = users.get(given.name)
      const digest = digestOf(given, users)
      if (right.has(digest)) return 'yes'
      if (underWay >= MAX_AT_ONCE) return 'busy'
      underWay += 1
      try {
        // A name that does not exist takes as long as one that does.
        const [anyHash = ''] = users.values()
        const matches = await compare(given.password, hash ?? anyHash)
        if (!matches || hash === undefined) return 'no'
        remember(digest)
        return 'yes'
      } finally {
        underWay -= 1
      }
    },
  }
}

interface Credentials {
  readonly name: string
  readonly password: string
}

function credentials(authorization = ''): Credentials | undefined {
  const encoded = /^basic +([A-Za-z0-9+/=_-]+)$/i.exec(authorization)?.[1]
  if (encoded === undefined) return undefined
  const text = Buffer.from(encoded, 'base64').toString('utf8')
  const colon = text.indexOf(':')
  return colon < 0 ? undefined : { name: text.slice(0, colon), password: text.slice(colon + 1) }
}
