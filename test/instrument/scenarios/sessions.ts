import { createHmac } from 'node:crypto'
import { must } from '../full-world.ts'
import type { Scenario } from './scenario.ts'

const COOKIE = '__Secure-better-auth.session_token'

function signed(token: string, secret: string): string {
  return encodeURIComponent(`${token}.${createHmac('sha256', secret).update(token).digest('base64')}`)
}

export const sessions: readonly Scenario[] = [
  {
    when: 'the session is there',
    counts: 'get_session success ok',
    async prepare(world) {
      const browser = await world.signedIn(await world.person())
      return () => must(browser.ask('/get-session'))
    },
  },
  {
    when: 'a visitor has no cookie',
    counts: 'get_session success anonymous',
    prepare: async (world) => () => world.visitor().ask('/get-session'),
  },
  {
    when: 'a visitor has only cookies of others',
    counts: 'get_session success anonymous',
    prepare: async (world) => () =>
      world.visitor().ask('/get-session', { headers: { cookie: '_ga=1; theme=x' } }),
  },
  {
    when: 'the cookie was signed with another secret',
    counts: 'get_session rejected bad_signature',
    prepare: async (world) => () =>
      world
        .visitor()
        .ask('/get-session', { headers: { cookie: `${COOKIE}=${signed('a'.repeat(32), 'x'.repeat(32))}` } }),
  },
  {
    when: 'the session is revoked',
    counts: 'get_session rejected expired_or_revoked',
    async prepare(world) {
      const person = await world.person()
      const browser = await world.signedIn(person)
      await world.database.sql('delete from session where "userId" = $1', [person.id])
      return () => browser.ask('/get-session')
    },
  },
  {
    when: 'the session has expired',
    counts: 'get_session rejected expired_or_revoked',
    async prepare(world) {
      const person = await world.person()
      const browser = await world.signedIn(person)
      await world.database.sql(
        `update session set "expiresAt" = now() - interval '1 hour' where "userId" = $1`,
        [person.id],
      )
      return () => browser.ask('/get-session')
    },
  },
  {
    when: 'the application asks for the session, and it is revoked',
    counts: 'get_session rejected expired_or_revoked',
    prepare: async (world) => () =>
      world.auth.api.getSession({
        headers: new Headers({ cookie: `${COOKIE}=${signed('a'.repeat(32), world.secret)}` }),
      }),
  },
  {
    when: 'the application asks for the session, and another secret signed the cookie',
    counts: 'get_session rejected bad_signature',
    prepare: async (world) => () =>
      world.auth.api.getSession({
        headers: new Headers({ cookie: `${COOKIE}=${signed('a'.repeat(32), 'x'.repeat(32))}` }),
      }),
  },
  {
    when: 'a visitor asks for a token',
    counts: 'token rejected no_session',
    prepare: async (world) => () => world.visitor().ask('/token'),
  },
  {
    when: 'a token is given',
    counts: 'token success ok',
    async prepare(world) {
      const browser = await world.signedIn(await world.person())
      return () => must(browser.ask('/token'))
    },
  },
  {
    when: 'who asks for a token has a cookie that another secret signed',
    counts: 'token rejected bad_signature',
    prepare: async (world) => () =>
      world
        .visitor()
        .ask('/token', { headers: { cookie: `${COOKIE}=${signed('a'.repeat(32), 'x'.repeat(32))}` } }),
  },
  {
    when: 'the sign-in is too long ago for what is asked',
    counts: 'other rejected not_fresh',
    async prepare(world) {
      const person = await world.person()
      const browser = await world.signedIn(person)
      await world.database.sql(
        `update session set "createdAt" = now() - interval '2 days' where "userId" = $1`,
        [person.id],
      )
      return () => browser.ask('/unlink-account', { body: { accountId: 'any' } })
    },
  },
  {
    when: 'the application has switched off what is asked',
    counts: 'other rejected not_enabled',
    async prepare(world) {
      const browser = await world.signedIn(await world.person())
      return () => browser.ask('/change-email', { body: { newEmail: 'other@example.com' } })
    },
  },
  {
    when: 'better-auth has no such route',
    counts: 'other rejected not_found',
    prepare: async (world) => () => world.visitor().ask('/no-such-route'),
  },
  {
    when: 'the answer is a code that says nothing of authentication',
    counts: 'other rejected other',
    async prepare(world) {
      const browser = await world.signedIn(await world.person())
      return () => browser.ask('/api-key/create', { body: { name: 'key', expiresIn: 1 } })
    },
  },
]
