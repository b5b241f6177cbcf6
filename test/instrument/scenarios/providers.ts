import { must, type World } from '../full-world.ts'
import type { Visitor } from '../visitor.ts'
import type { Scenario } from './scenario.ts'

/** Sends a browser to the provider. */
async function away(world: World): Promise<{ readonly browser: Visitor; readonly state: string }> {
  const browser = world.visitor()
  const body = { provider: 'okta', callbackURL: '/welcome' }
  const sent = await must(browser.ask('/sign-in/social', { body }))
  const { url } = (await sent.json()) as { url: string }
  return { browser, state: new URL(url).searchParams.get('state') ?? '' }
}

async function back(world: World, query: Readonly<Record<string, string>>): Promise<() => Promise<unknown>> {
  const { browser, state } = await away(world)
  return () => browser.ask('/callback/okta', { query: { ...query, state } })
}

export const providers: readonly Scenario[] = [
  {
    when: 'the browser is sent to the provider',
    counts: 'sign_in_social success continued',
    prepare: async (world) => () =>
      must(world.visitor().ask('/sign-in/social', { body: { provider: 'okta', callbackURL: '/' } })),
  },
  {
    when: 'there is no such provider',
    counts: 'sign_in_social rejected not_found',
    prepare: async (world) => () =>
      world.visitor().ask('/sign-in/social', { body: { provider: 'nowhere', callbackURL: '/' } }),
  },
  {
    when: 'the provider knows who it is',
    counts: 'callback_okta success ok',
    async prepare(world) {
      world.provider.email = 'new-at-provider@example.com'
      return back(world, { code: 'good' })
    },
  },
  {
    when: 'the browser comes back with a state that it was not sent with',
    counts: 'callback_okta rejected state_mismatch',
    prepare: async (world) => () =>
      world.visitor().ask('/callback/okta', { query: { code: 'good', state: 'unknown' } }),
  },
  {
    when: 'a provider that is not counted apart sends the browser back',
    counts: 'callback_other rejected state_mismatch',
    prepare: async (world) => () =>
      world.visitor().ask('/callback/elsewhere', { query: { code: 'good', state: 'unknown' } }),
  },
  {
    when: 'the user says no to the provider',
    counts: 'callback_okta rejected provider_denied',
    prepare: (world) => back(world, { error: 'access_denied' }),
  },
  {
    when: 'the provider does not take its own code back',
    counts: 'callback_okta rejected provider_failed',
    async prepare(world) {
      const act = await back(world, { code: 'good' })
      return async () => {
        world.provider.isWorking = false
        await act()
        world.provider.isWorking = true
      }
    },
  },
  {
    when: 'the provider knows the address of someone who has a password here',
    counts: 'callback_okta rejected account_not_linked',
    async prepare(world) {
      const { email, id } = await world.person()
      await world.database.sql('update "user" set "emailVerified" = false where id = $1', [id])
      world.provider.email = email
      return back(world, { code: 'good' })
    },
  },
]
