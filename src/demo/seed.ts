import { randomBytes } from 'node:crypto'
import { z } from 'zod'
import { type Answer, type Client, createClient } from './client.ts'
import type { Fleet } from './fleet.ts'
import { inParallel } from './in-parallel.ts'

export interface SeededUser {
  readonly id: string
  readonly email: string
  /** Slug of the organization joined at sign-up. */
  readonly organization: string
  readonly role: 'owner' | 'member'
}

export interface SeededOrganization {
  readonly id: string
  readonly slug: string
}

/** A user who is signed in, and has an API key. */
export interface SeededClient {
  readonly user: SeededUser
  readonly sessionId: string
  readonly client: Client
  readonly apiKey: { readonly id: string; readonly key: string }
}

export interface Seeded {
  /** Of every user. */
  readonly password: string
  /** Owners first. */
  readonly users: readonly SeededUser[]
  readonly organizations: readonly SeededOrganization[]
  readonly signedIn: readonly SeededClient[]
  readonly invitation: { readonly id: string }
}

const SIGN_UP_ORGANIZATIONS = ['acme', 'borealis', 'cumulus', 'dorado', 'ember']
const CREATED_ORGANIZATION = 'acme-labs'
const USERS = 40
const SIGNED_IN = 18
/** scrypt takes some 80 ms of a core for each sign-up and sign-in; the servers have a few cores at most. */
const AT_ONCE = 6

const signUpSchema = z.object({ user: z.object({ id: z.string() }) })
const sessionSchema = z.object({ session: z.object({ id: z.string() }) })
const apiKeySchema = z.object({ id: z.string(), key: z.string() })
const withIdSchema = z.object({ id: z.string() })
const whereSchema = z.object({ organization: z.object({ id: z.string(), slug: z.string() }) })

interface Place {
  readonly slug: string
  readonly role: SeededUser['role']
}

/** Fills an empty CRM through its own API: 6 organizations, 40 users, of whom 18 are signed in and have a key. */
export async function seed(fleet: Fleet): Promise<Seeded> {
  const password = randomBytes(12).toString('base64url')
  const owners = SIGN_UP_ORGANIZATIONS.map((slug): Place => ({ slug, role: 'owner' }))
  const members = Array.from({ length: USERS - owners.length }, (_, index): Place => {
    return { slug: SIGN_UP_ORGANIZATIONS[index % SIGN_UP_ORGANIZATIONS.length]!, role: 'member' }
  })
  const users: SeededUser[] = []
  // The owners come first: who signs up first founds the organization.
  for (const group of [owners, members]) {
    const start = users.length
    const made = await inParallel({ items: group, limit: AT_ONCE }, ({ slug, role }, index) =>
      signUp(fleet, { number: start + index, slug, role, password }),
    )
    users.push(...made)
  }
  const signedIn = await inParallel({ items: users.slice(0, SIGNED_IN), limit: AT_ONCE }, (user, index) =>
    signIn(fleet, { user, number: index, password }),
  )
  const founders = signedIn.slice(0, owners.length)
  const organizations = await inParallel({ items: founders, limit: AT_ONCE }, ({ client }, index) =>
    whereAmI(client, serverFor(fleet, index)),
  )
  const first = founders[0]!
  const url = serverFor(fleet, 0)
  const created = await first.client.call(`${url}/api/auth/organization/create`, {
    json: { name: CREATED_ORGANIZATION, slug: CREATED_ORGANIZATION, keepCurrentActiveOrganization: true },
  })
  const invitation = await first.client.call(`${url}/api/auth/organization/invite-member`, {
    json: { email: 'invited@example.com', role: 'member', organizationId: organizations[0]!.id },
  })
  return {
    password,
    users,
    organizations: [
      ...organizations,
      { id: expectBody(created, withIdSchema).id, slug: CREATED_ORGANIZATION },
    ],
    signedIn,
    invitation: expectBody(invitation, withIdSchema),
  }
}

async function signUp(
  fleet: Fleet,
  wanted: {
    readonly number: number
    readonly slug: string
    readonly role: SeededUser['role']
    readonly password: string
  },
): Promise<SeededUser> {
  const { number, slug, role, password } = wanted
  const email = `${role}${number}@${slug}.example.com`
  const answer = await clientNumber(fleet, number).call(
    `${serverFor(fleet, number)}/api/auth/sign-up/email`,
    {
      json: { email, password, name: `User ${number}` },
      headers: { 'x-tenant-id': slug },
    },
  )
  return { id: expectBody(answer, signUpSchema).user.id, email, organization: slug, role }
}

async function signIn(
  fleet: Fleet,
  wanted: { readonly user: SeededUser; readonly number: number; readonly password: string },
): Promise<SeededClient> {
  const { user, number, password } = wanted
  const url = serverFor(fleet, number)
  const client = clientNumber(fleet, number)
  await client.call(`${url}/api/auth/sign-in/email`, { json: { email: user.email, password } })
  const session = expectBody(await client.call(`${url}/api/auth/get-session`), sessionSchema).session
  const created = await client.call(`${url}/api/auth/api-key/create`, { json: { name: `key ${number}` } })
  const apiKey = expectBody(created, apiKeySchema)
  const used = await client.call(`${url}/api/me`, { headers: { 'x-api-key': apiKey.key } })
  expectBody(used, whereSchema)
  return { user, sessionId: session.id, client, apiKey }
}

async function whereAmI(client: Client, url: string): Promise<SeededOrganization> {
  return expectBody(await client.call(`${url}/api/me`), whereSchema).organization
}

function serverFor(fleet: Fleet, number: number): string {
  const { servers } = fleet
  return servers[number % servers.length]!.url
}

/** Addresses of 198.18.0.0/15, which RFC 2544 keeps for tests: no two users share a rate limit. */
function clientNumber(fleet: Fleet, number: number): Client {
  const [server] = fleet.servers
  const origin = server?.settings.trustedOrigins[0] ?? server?.publicUrl ?? ''
  return createClient({ origin, address: `198.18.0.${number + 1}` })
}

function expectBody<Schema extends z.ZodType>(answer: Answer, schema: Schema): z.infer<Schema> {
  const parsed = schema.safeParse(answer.body)
  if (parsed.success) return parsed.data
  throw new Error(
    `The demo's CRM answered ${answer.status} while it was filled: ${JSON.stringify(answer.body)}`,
  )
}
