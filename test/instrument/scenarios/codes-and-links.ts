import { setTimeout as sleep } from 'node:timers/promises'
import { must, PASSWORD, type World } from '../full-world.ts'
import type { Scenario } from './scenario.ts'

/** Has a code sent, and gives it away. */
async function sentCode(world: World, email: string): Promise<string> {
  await must(world.visitor().ask('/email-otp/send-verification-otp', { body: { email, type: 'sign-in' } }))
  return world.mailbox.get(email) ?? ''
}

const wrong = (code: string) => (code === '000000' ? '111111' : '000000')

export const codesAndLinks: readonly Scenario[] = [
  {
    when: 'the code in the mail is right',
    counts: 'sign_in_email_otp success ok',
    async prepare(world) {
      const { email } = await world.person()
      const otp = await sentCode(world, email)
      return () => must(world.visitor().ask('/sign-in/email-otp', { body: { email, otp } }))
    },
  },
  {
    when: 'the code is wrong',
    counts: 'sign_in_email_otp rejected invalid_code',
    async prepare(world) {
      const { email } = await world.person()
      const otp = wrong(await sentCode(world, email))
      return () => world.visitor().ask('/sign-in/email-otp', { body: { email, otp } })
    },
  },
  {
    when: 'the code is too old',
    counts: 'sign_in_email_otp rejected expired_code',
    async prepare(world) {
      const { email } = await world.person()
      const otp = await sentCode(world, email)
      await world.database.sql(
        `update verification set "expiresAt" = now() - interval '1 hour' where identifier like $1`,
        [`%${email}`],
      )
      return () => world.visitor().ask('/sign-in/email-otp', { body: { email, otp } })
    },
  },
  {
    when: 'the code was wrong too often',
    counts: 'sign_in_email_otp rejected locked',
    async prepare(world) {
      const { email } = await world.person()
      const otp = wrong(await sentCode(world, email))
      for (let attempt = 1; attempt <= 3; attempt += 1) {
        await world.visitor().ask('/sign-in/email-otp', { body: { email, otp } })
      }
      return () => world.visitor().ask('/sign-in/email-otp', { body: { email, otp } })
    },
  },
  {
    when: 'a second factor is shown that no sign-in asked for',
    counts: 'two_factor rejected lost_challenge',
    prepare: async (world) => () =>
      world.visitor().ask('/two-factor/verify-totp', { body: { code: '000000' } }),
  },
  {
    when: 'a second factor is shown by someone who has none',
    counts: 'two_factor rejected not_enrolled',
    async prepare(world) {
      const browser = await world.signedIn(await world.person())
      return () => browser.ask('/two-factor/verify-totp', { body: { code: '000000' } })
    },
  },
  {
    when: 'a second factor is switched on with the wrong password',
    counts: 'two_factor rejected invalid_credentials',
    async prepare(world) {
      const browser = await world.signedIn(await world.person())
      return () => browser.ask('/two-factor/enable', { body: { password: 'not the password' } })
    },
  },
  {
    when: 'a link to sign in with is asked for',
    counts: 'sign_in_magic_link success continued',
    async prepare(world) {
      const { email } = await world.person()
      return () => must(world.visitor().ask('/sign-in/magic-link', { body: { email } }))
    },
  },
  {
    when: 'the link is followed',
    counts: 'sign_in_magic_link success ok',
    async prepare(world) {
      const { email } = await world.person()
      await must(world.visitor().ask('/sign-in/magic-link', { body: { email } }))
      const query = { token: world.mailbox.get(email) ?? '', callbackURL: '/?error=none' }
      return () => must(world.visitor().ask('/magic-link/verify', { query }))
    },
  },
  {
    when: "the link is nobody's",
    counts: 'sign_in_magic_link rejected invalid_link',
    prepare: async (world) => () => world.visitor().ask('/magic-link/verify', { query: { token: 'none' } }),
  },
  {
    when: 'a new password is asked for',
    counts: 'reset_password success continued',
    async prepare(world) {
      const { email } = await world.person()
      return () => must(world.visitor().ask('/request-password-reset', { body: { email } }))
    },
  },
  {
    when: 'a new password is set',
    counts: 'reset_password success ok',
    async prepare(world) {
      const { email } = await world.person()
      await must(world.visitor().ask('/request-password-reset', { body: { email } }))
      const body = { token: world.mailbox.get(email), newPassword: PASSWORD }
      return () => must(world.visitor().ask('/reset-password', { body }))
    },
  },
  {
    when: 'the link to a new password was used before',
    counts: 'reset_password rejected invalid_link',
    prepare: async (world) => () =>
      world.visitor().ask('/reset-password', { body: { token: 'none', newPassword: PASSWORD } }),
  },
  {
    when: 'the page of such a link is opened',
    counts: 'reset_password rejected invalid_link',
    prepare: async (world) => () =>
      world.visitor().ask('/reset-password/none', { query: { callbackURL: '/reset' } }),
  },
  {
    when: 'the link that proves an address is too old',
    counts: 'other rejected expired_link',
    async prepare(world) {
      const { email, id } = await world.person()
      await world.database.sql('update "user" set "emailVerified" = false where id = $1', [id])
      await must(world.visitor().ask('/send-verification-email', { body: { email } }))
      await sleep(2_100)
      const query = { token: world.mailbox.get(email) ?? '' }
      return () => world.visitor().ask('/verify-email', { query })
    },
  },
]
