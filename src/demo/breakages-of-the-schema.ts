import { randomBytes } from 'node:crypto'
import type { Breakage } from './breakage.ts'

/** A private key that no secret of ours can decrypt, in the form in which better-auth stores one. */
export const signingKeyOfAnotherSecret: Breakage = {
  name: 'signing-key-of-another-secret',
  sentence: 'The stored JWKS private key cannot be decrypted: every signed-in get-session answers 500.',
  async apply(database) {
    await database.query('update jwks set private_key = $1', [
      JSON.stringify(randomBytes(100).toString('hex')),
    ])
  },
  async repair(database) {
    // better-auth makes a new key when it finds none.
    await database.query('delete from jwks')
  },
}

export const missingColumn: Breakage = {
  name: 'missing-column',
  sentence: 'The column session.user_agent, which better-auth writes at each sign-in, is gone.',
  async apply(database) {
    await database.query('alter table session drop column if exists user_agent')
  },
  async repair(database) {
    await database.query('alter table session add column if not exists user_agent text')
  },
}
