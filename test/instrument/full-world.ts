import { randomBytes } from 'node:crypto'
import { Registry } from 'prom-client'
import { type Instrumented, instrument } from '../../src/instrument/better-auth.ts'
import { type OAuthProvider, startOAuthProvider } from './oauth-provider.ts'
import {
  type AuthDatabase,
  type FullAuth,
  fullOptions,
  type Mailbox,
  openAuth,
  openAuthDatabase,
} from './open-auth.ts'
import { createVisitor, type Visitor } from './visitor.ts'

export const PASSWORD = 'correct horse battery'

export interface Person {
  readonly email: string
  readonly id: string
}

/** A real better-auth with everything switched on, counted into a registry. */
export interface World extends AsyncDisposable {
  readonly auth: FullAuth
  readonly counting: Pick<Instrumented<FullAuth>, 'flush' | 'recordAuthFailure'> & {
    readonly registry: Registry
  }
  readonly database: AuthDatabase
  readonly provider: OAuthProvider
  readonly mailbox: Mailbox
  readonly secret: string
  /** A browser that nobody knows. */
  visitor(): Visitor
  /** Someone who signed up, with a proven address. */
  person(): Promise<Person>
  /** A browser in which this person is signed in. */
  signedIn(person: Person): Promise<Visitor>
  organization(owner: Visitor): Promise<string>
}

export async function openWorld(): Promise<World> {
  const provider = await startOAuthProvider()
  const mailbox: Mailbox = new Map()
  const options = fullOptions(mailbox, provider.url)
  const database = await openAuthDatabase(options)
  const registry = new Registry()
  const counted = instrument(openAuth(options, database.pool), {
    server: 'crm-a',
    registry,
    providers: ['github', 'okta'],
  })
  const { auth } = counted
  let visitors = 0
  const visitor = () => {
    visitors += 1
    return createVisitor(auth.handler, visitors)
  }
  const person = async () => {
    const email = `user-${randomBytes(6).toString('hex')}@example.com`
    await must(visitor().ask('/sign-up/email', { body: { name: 'Ada', email, password: PASSWORD } }))
    const rows = await database.sql(
      'update "user" set "emailVerified" = true where email = $1 returning id',
      [email],
    )
    return { email, id: String(rows[0]?.id) }
  }
  return {
    auth,
    counting: { ...counted, registry },
    database,
    provider,
    mailbox,
    secret: options.secret,
    visitor,
    person,
    async signedIn({ email }) {
      const browser = visitor()
      await must(browser.ask('/sign-in/email', { body: { email, password: PASSWORD } }))
      return browser
    },
    async organization(owner) {
      const slug = `org-${randomBytes(6).toString('hex')}`
      const made = await must(owner.ask('/organization/create', { body: { name: slug, slug } }))
      return String(((await made.json()) as { id: string }).id)
    },
    async [Symbol.asyncDispose]() {
      await counted.close()
      await database[Symbol.asyncDispose]()
      await provider[Symbol.asyncDispose]()
    },
  }
}

/** Preparation that must succeed. */
export async function must(asked: Promise<Response>): Promise<Response> {
  const response = await asked
  if (response.status >= 400) throw new Error(`${response.status} ${await response.text()}`)
  return response
}
