import { pbkdf2, randomBytes, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import type { BetterAuthOptions } from 'better-auth'
import type { ServerSettings } from './settings.ts'

/** OWASP's number for PBKDF2-HMAC-SHA256 (Password Storage Cheat Sheet, 2023). */
const ITERATIONS = 600_000
const KEY_BYTES = 32
const derive = promisify(pbkdf2)

/**
 * better-auth's own hashing, or another that a release brought without a migration: it does not understand the
 * hashes that exist, so every right password looks wrong.
 */
export function passwordHashing({
  passwordHashing,
}: Pick<ServerSettings, 'passwordHashing'>): Pick<
  NonNullable<BetterAuthOptions['emailAndPassword']>,
  'password'
> {
  if (passwordHashing === 'scrypt') return {}
  return {
    password: {
      async hash(password) {
        const salt = randomBytes(16)
        const key = await derive(password, salt, ITERATIONS, KEY_BYTES, 'sha256')
        return `pbkdf2$${salt.toString('hex')}$${key.toString('hex')}`
      },
      async verify({ hash, password }) {
        const [, salt = '', key = ''] = hash.split('$')
        const wanted = await derive(password, Buffer.from(salt, 'hex'), ITERATIONS, KEY_BYTES, 'sha256')
        const given = Buffer.from(key, 'hex')
        return given.length === wanted.length && timingSafeEqual(given, wanted)
      },
    },
  }
}
