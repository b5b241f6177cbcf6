import { symmetricDecrypt } from 'better-auth/crypto'
import type { SigningKeyFact, SigningKeys } from '../catalogue/probe.ts'
import type { ApplicationDatabase, Reader, Row } from './connect.ts'
import { DatabaseError } from './errors.ts'
import type { Names, ResolvedTable } from './names.ts'
import { NotHere } from './scope.ts'
import { identifier, qualified, type Sql, sql } from './sql.ts'

/** A rotation leaves a key or two; a table that grows without end is not read to its end. */
const MAX_KEYS = 20
/** Characters. The cipher text of a key of 4096 bits takes some 7,000; what is longer is no key. */
const MAX_STORED = 65_536
const MAX_ID = 120
const TIMEOUT_MS = 5_000

export interface SigningKeysOptions {
  readonly database: ApplicationDatabase
  /** The deployment's names, as the target knows them. */
  readonly names: (reader: Reader) => Promise<Names>
}

/**
 * The stored signing keys that have not expired. This is the one place that reads a secret column: a private key is
 * decrypted in memory to see whether that succeeds, and neither it nor its cipher text leaves this file.
 * Its promise rejects with NotHere without the jwt plugin or when the role's views leave the private key out, and
 * with DatabaseError (`ERR_PERMISSION` when the role may not read the column).
 */
export function signingKeys({ database, names }: SigningKeysOptions): SigningKeys {
  const read = async (reader: Reader): Promise<readonly Row[] | NotHere> => {
    const statement = liveKeys(await names(reader), reader.now)
    return statement instanceof NotHere ? statement : reader.query(statement)
  }
  return {
    decryptable: async (secret) => {
      const rows = await database.transaction(TIMEOUT_MS, read)
      // Thrown inside the transaction it would count as an error of the database.
      if (rows instanceof NotHere) throw rows
      return Promise.all(rows.map((row) => factOf(row, secret)))
    },
  }
}

function liveKeys(names: Names, now: Date): Sql | NotHere {
  const table = names.tables.get('jwks')
  if (table === undefined) return new NotHere('this database has no jwks table: the jwt plugin is not in use')
  const id = column(table, 'id')
  const stored = column(table, 'privateKey')
  const createdAt = column(table, 'createdAt')
  const expiresAt = column(table, 'expiresAt')
  const alg = column(table, 'alg') ?? sql`null`
  if (id === undefined || createdAt === undefined) return new NotHere('the jwks table lacks id or createdAt')
  if (stored === undefined) return new NotHere('what this role sees of the jwks table has no private key')
  const instant = sql`${now.toISOString()}::timestamptz`
  const live = expiresAt === undefined ? sql`true` : sql`(${expiresAt} is null or ${expiresAt} > ${instant})`
  // better-auth 1.7 takes keys without an algorithm, which older versions wrote, for its default.
  return sql`
    select left(${id}::text, ${MAX_ID}) as id, left(${stored}::text, ${MAX_STORED}) as stored,
           coalesce(left(${alg}::text, ${MAX_ID}), 'EdDSA') as alg,
           (extract(epoch from ${instant}) - extract(epoch from ${createdAt}))::float8 as age
      from ${qualified(table.schema, table.name)}
     where ${live} order by ${createdAt} desc limit ${MAX_KEYS}`
}

function column(table: ResolvedTable, logical: string): Sql | undefined {
  const found = table.columns.get(logical)
  if (found === undefined) return undefined
  if (found.readable) return identifier(found.name)
  throw new DatabaseError(
    'ERR_PERMISSION',
    `the role may not select jwks.${logical} (column "${found.name}"); grant it, or turn this check off`,
  )
}

async function factOf(row: Row, secret: string): Promise<SigningKeyFact> {
  const { encrypted, version } = unwrapped(String(row.stored))
  const decryptable = encrypted === undefined || (await opens(encrypted, secret))
  return {
    id: String(row.id),
    algorithm: String(row.alg),
    ageSeconds: Number(row.age),
    decryptable,
    isVersioned: version,
  }
}

/** Cipher text under versioned secrets begins with `$ba$<version>$` (better-auth 1.7). */
const ENVELOPE = /^\$ba\$\d+\$/

/**
 * The jwt plugin stores the cipher text as a JSON string, and with `disablePrivateKeyEncryption` the key itself as a
 * JSON object. `encrypted` is undefined for the latter.
 */
function unwrapped(stored: string): { encrypted: string | undefined; version: boolean } {
  const value = parsed(stored)
  if (typeof value === 'object' && value !== null) return { encrypted: undefined, version: false }
  // What is no JSON better-auth cannot use either: no secret opens it.
  const text = typeof value === 'string' ? value : ''
  return { encrypted: text.replace(ENVELOPE, ''), version: ENVELOPE.test(text) }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

async function opens(encrypted: string, secret: string): Promise<boolean> {
  try {
    await symmetricDecrypt({ key: secret, data: encrypted })
    return true
  } catch {
    return false
  }
}
