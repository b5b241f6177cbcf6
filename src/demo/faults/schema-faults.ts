import { randomBytes } from 'node:crypto'
import { symmetricEncrypt } from 'better-auth/crypto'
import { z } from 'zod'
import { changedRowsSchema, changeRows, restoreRows } from './changed-rows.ts'
import { wholeServerClaims } from './changed-settings.ts'
import { type Fault, fault } from './fault.ts'

export const signingKeyUndecryptable: Fault = fault({
  id: 'F23',
  title:
    'The stored JWKS private key is encrypted with another secret: get-session answers 500 to who is signed in.',
  claims: () => ['jwks.private_key'],
  memo: changedRowsSchema,
  async make({ database }) {
    const key = randomBytes(32).toString('base64url')
    const encrypted = await symmetricEncrypt({ key, data: JSON.stringify({ kty: 'OKP' }) })
    return changeRows(database, {
      table: 'jwks',
      // better-auth stores what it encrypted as a JSON string.
      set: { private_key: database.escapeLiteral(JSON.stringify(encrypted)) },
      where: 'id is distinct from $1',
      value: null,
    })
  },
  mend: ({ database }, former) => restoreRows(database, former),
})

export const columnMissing: Fault = fault({
  id: 'F25',
  title: 'The column session.user_agent, which better-auth writes at each sign-in, was renamed.',
  // A server that is started meanwhile keeps refusing everything, even when the column is back.
  claims: ({ fleet }) => fleet.servers.flatMap(wholeServerClaims),
  memo: z.null(),
  async make({ database }) {
    await database.query('alter table session rename column user_agent to user_agent_old')
    return null
  },
  async mend({ database }) {
    await database.query('alter table session rename column user_agent_old to user_agent')
  },
})
