import { must, PASSWORD } from '../full-world.ts'
import type { Scenario } from './scenario.ts'

const WRONG = 'not the password'

export const signIn: readonly Scenario[] = [
  {
    when: 'the password is right',
    counts: 'sign_in_email success ok',
    async prepare(world) {
      const { email } = await world.person()
      return () => world.visitor().ask('/sign-in/email', { body: { email, password: PASSWORD } })
    },
  },
  {
    when: 'the password is right and a second factor is needed',
    counts: 'sign_in_email success second_factor_required',
    async prepare(world) {
      const { email, id } = await world.person()
      await world.database.sql('update "user" set "twoFactorEnabled" = true where id = $1', [id])
      return () => world.visitor().ask('/sign-in/email', { body: { email, password: PASSWORD } })
    },
  },
  {
    when: 'the password is wrong',
    counts: 'sign_in_email rejected invalid_credentials',
    async prepare(world) {
      const { email } = await world.person()
      return () => world.visitor().ask('/sign-in/email', { body: { email, password: WRONG } })
    },
  },
  {
    when: 'nobody has that address',
    counts: 'sign_in_email rejected invalid_credentials',
    prepare: async (world) => () =>
      world.visitor().ask('/sign-in/email', { body: { email: 'nobody@example.com', password: WRONG } }),
  },
  {
    when: 'nobody has that user name',
    counts: 'sign_in_username rejected invalid_credentials',
    prepare: async (world) => () =>
      world.visitor().ask('/sign-in/username', { body: { username: 'nobody', password: WRONG } }),
  },
  {
    when: 'nobody has that telephone number',
    counts: 'sign_in_phone rejected invalid_credentials',
    prepare: async (world) => () =>
      world
        .visitor()
        .ask('/sign-in/phone-number', { body: { phoneNumber: '+49301234567', password: WRONG } }),
  },
  {
    when: 'the address is not proven',
    counts: 'sign_in_email rejected not_verified',
    async prepare(world) {
      const { email, id } = await world.person()
      await world.database.sql('update "user" set "emailVerified" = false where id = $1', [id])
      return () => world.visitor().ask('/sign-in/email', { body: { email, password: PASSWORD } })
    },
  },
  {
    when: 'the user is banned',
    counts: 'sign_in_email rejected banned',
    async prepare(world) {
      const { email, id } = await world.person()
      await world.database.sql('update "user" set banned = true where id = $1', [id])
      return () => world.visitor().ask('/sign-in/email', { body: { email, password: PASSWORD } })
    },
  },
  {
    when: 'an address tries for the fourth time in ten seconds',
    counts: 'sign_in_email rejected rate_limited',
    async prepare(world) {
      const visitor = world.visitor()
      const body = { email: 'nobody@example.com', password: WRONG }
      for (let attempt = 1; attempt <= 3; attempt += 1) await visitor.ask('/sign-in/email', { body })
      return () => visitor.ask('/sign-in/email', { body })
    },
  },
  {
    when: 'the body lacks the password',
    counts: 'sign_in_email rejected malformed',
    prepare: async (world) => () =>
      world.visitor().ask('/sign-in/email', { body: { email: 'a@example.com' } }),
  },
  {
    when: 'the body is no JSON at all',
    counts: 'sign_in_email rejected malformed',
    prepare: async (world) => () =>
      world.visitor().ask('/sign-in/email', { body: 'x', headers: { 'content-type': 'text/plain' } }),
  },
  {
    when: 'the page that asks is on an origin that is not trusted',
    counts: 'sign_in_email rejected untrusted_origin',
    prepare: async (world) => () =>
      world.visitor().ask('/sign-in/email', {
        body: { email: 'a@example.com', password: WRONG },
        headers: { origin: 'https://evil.example' },
      }),
  },
  {
    when: 'a browser does not say where it asks from',
    counts: 'sign_in_email rejected missing_origin',
    prepare: async (world) => () =>
      world.visitor().ask('/sign-in/email', {
        body: { email: 'a@example.com', password: WRONG },
        headers: { origin: undefined, 'sec-fetch-mode': 'cors' },
      }),
  },
  {
    when: 'it would lead to a foreign site afterwards',
    counts: 'sign_in_email rejected untrusted_redirect',
    async prepare(world) {
      const { email } = await world.person()
      const body = { email, password: PASSWORD, callbackURL: 'https://evil.example/' }
      return () => world.visitor().ask('/sign-in/email', { body })
    },
  },
  {
    when: 'someone signs up',
    counts: 'sign_up success ok',
    prepare: async (world) => () =>
      must(
        world.visitor().ask('/sign-up/email', {
          body: { name: 'Ada', email: 'new-user@example.com', password: PASSWORD },
        }),
      ),
  },
  {
    when: 'a new password is too short',
    counts: 'sign_up rejected weak_password',
    prepare: async (world) => () =>
      world
        .visitor()
        .ask('/sign-up/email', { body: { name: 'Ada', email: 'short@example.com', password: 'x' } }),
  },
  {
    when: 'someone signs out',
    counts: 'sign_out success ok',
    async prepare(world) {
      const browser = await world.signedIn(await world.person())
      return () => must(browser.ask('/sign-out', { method: 'POST', body: {} }))
    },
  },
]
