import { must } from '../full-world.ts'
import type { Scenario } from './scenario.ts'

export const organizations: readonly Scenario[] = [
  {
    when: 'a member looks at the organization',
    counts: 'organization success ok',
    async prepare(world) {
      const owner = await world.signedIn(await world.person())
      const organizationId = await world.organization(owner)
      return () => must(owner.ask('/organization/get-full-organization', { query: { organizationId } }))
    },
  },
  {
    when: 'a visitor asks for organizations',
    counts: 'organization rejected no_session',
    prepare: async (world) => () => world.visitor().ask('/organization/list'),
  },
  {
    when: 'a session has no active organization',
    counts: 'organization rejected no_organization',
    async prepare(world) {
      const browser = await world.signedIn(await world.person())
      return () => browser.ask('/organization/get-active-member')
    },
  },
  {
    when: 'someone asks for an organization of others',
    counts: 'organization rejected not_a_member',
    async prepare(world) {
      const organizationId = await world.organization(await world.signedIn(await world.person()))
      const stranger = await world.signedIn(await world.person())
      return () => stranger.ask('/organization/set-active', { body: { organizationId } })
    },
  },
  {
    when: 'a member does what only an owner may',
    counts: 'organization rejected not_permitted',
    async prepare(world) {
      const organizationId = await world.organization(await world.signedIn(await world.person()))
      const person = await world.person()
      const member = await world.signedIn(person)
      await world.auth.api.addMember({ body: { organizationId, userId: person.id, role: 'member' } })
      const body = { organizationId, email: 'new@example.com', role: 'member' }
      return () => member.ask('/organization/invite-member', { body })
    },
  },
  {
    when: 'there is no such organization',
    counts: 'organization rejected not_found',
    async prepare(world) {
      const browser = await world.signedIn(await world.person())
      return () => browser.ask('/organization/get-full-organization', { query: { organizationId: 'none' } })
    },
  },
  {
    when: 'the name is taken',
    counts: 'organization rejected already_exists',
    async prepare(world) {
      const owner = await world.signedIn(await world.person())
      await must(owner.ask('/organization/create', { body: { name: 'Taken', slug: 'taken' } }))
      const other = await world.signedIn(await world.person())
      return () => other.ask('/organization/create', { body: { name: 'Taken', slug: 'taken' } })
    },
  },
  {
    when: 'someone has as many organizations as they may',
    counts: 'organization rejected limit_reached',
    async prepare(world) {
      const owner = await world.signedIn(await world.person())
      await world.organization(owner)
      await world.organization(owner)
      return () => owner.ask('/organization/create', { body: { name: 'Third', slug: 'third' } })
    },
  },
]
