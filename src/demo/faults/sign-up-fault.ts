import { randomBytes } from 'node:crypto'
import type { ClientBase } from 'pg'
import { z } from 'zod'
import { createClient } from '../client.ts'
import { changeSettings, restoreSettings, settingClaim } from './changed-settings.ts'
import { type DemoContext, type Fault, fault } from './fault.ts'
import { FaultError } from './fault-error.ts'

/** As many as show that it is no accident. */
const NEWCOMERS = 10

export const signUpHookBroken: Fault = fault({
  id: 'F16',
  title: `The sign-up hook is broken on every server: ${NEWCOMERS} users signed up and belong to no organization.`,
  claims: ({ fleet }) => fleet.servers.map((server) => settingClaim(server, 'signUpJoinsOrganization')),
  memo: z.array(z.string()),
  async make(site) {
    const { database, fleet, onFailure } = site
    await changeSettings(site, { servers: fleet.servers, patch: { signUpJoinsOrganization: false } })
    const batch = randomBytes(6).toString('hex')
    const emails = Array.from({ length: NEWCOMERS }, (_, index) => `newcomer${index}@${batch}.example.com`)
    onFailure(() => deleteUsers(database, emails))
    for (const [index, email] of emails.entries()) await signUp(site, { index, email })
    return emails
  },
  async mend({ database, fleet }, emails) {
    for (const { name } of fleet.servers) {
      await restoreSettings(fleet, { name, settings: ['signUpJoinsOrganization'] })
    }
    await deleteUsers(database, emails)
  },
})

async function signUp(
  { fleet, seeded }: DemoContext,
  { index, email }: { readonly index: number; readonly email: string },
): Promise<void> {
  const server = fleet.servers[index % fleet.servers.length]!
  const origin = server.given.trustedOrigins[0] ?? server.given.baseURL
  const client = createClient({ origin, address: `198.18.3.${index + 1}` })
  const { status } = await client.call(`${server.url}/api/auth/sign-up/email`, {
    json: { email, password: seeded.password, name: `Newcomer ${index + 1}` },
  })
  if (status === 200) return
  throw new FaultError(
    'ERR_FAULT_FAILED',
    `Nobody can sign up on ${server.name} (status ${status}), so no user can lack an organization.`,
  )
}

async function deleteUsers(database: ClientBase, emails: readonly string[]): Promise<void> {
  await database.query('delete from "user" where email = any($1)', [emails])
}
