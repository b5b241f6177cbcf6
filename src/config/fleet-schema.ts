import { z } from 'zod'
import { sameSiteValues } from '../catalogue/fleet.ts'
import { defaultPolicy } from '../catalogue/policy.ts'
import { duration, httpUrl, name } from './primitives.ts'

const path = z.string().regex(/^\/[^\s?#]*$/, 'a path that begins with /')

export const origin = z
  .string()
  .refine(
    (text) => URL.canParse(text) && new URL(text).origin === text,
    'an origin such as https://app.example.com',
  )

export const server = z
  .strictObject({
    name: name.describe('Label `server`.'),
    url: httpUrl.describe('Reaches exactly this process, past any balancer.'),
    publicUrl: httpUrl.optional().describe('What browsers use; default: `url`.'),
  })
  .transform(({ publicUrl, ...rest }) => ({ ...rest, publicUrl: publicUrl ?? rest.url }))

const { cookie, extensionToken } = defaultPolicy

export const cookiePolicy = z
  .strictObject({
    name: z
      .string()
      .min(1)
      .default(cookie.name)
      .describe('Name of the session cookie without its `__Secure-` prefix.'),
    domain: z
      .string()
      .min(1)
      .optional()
      .describe('`Domain` it must have; absent: any that covers the public host.'),
    secure: z
      .boolean()
      .optional()
      .describe('Whether it must be `Secure`; absent: when the public URL is https.'),
    sameSite: z
      .enum(sameSiteValues)
      .optional()
      .describe('`SameSite` it must have; absent: any that fits the origins.'),
  })
  .prefault({})
  .describe('What the session cookie must look like.')

export const extensionTokenPolicy = z
  .strictObject({
    lifetime: duration.default(extensionToken.lifetime).describe('Lifetime of extension tokens.'),
    audience: z
      .string()
      .min(1)
      .default(extensionToken.audience)
      .describe('Audience (extension id) of probe tokens.'),
    scopes: z
      .array(z.string().min(1))
      .max(20)
      .default([...extensionToken.scopes])
      .describe('Scopes that the extension route asks for.'),
  })
  .prefault({})
  .describe('What extension tokens must look like.')

export const routes = z
  .strictObject({
    auth: path.default('/api/auth').describe('Where better-auth is mounted.'),
    tenant: path
      .nullable()
      .default(null)
      .describe('Answers members of the organization in `x-tenant-id` only.'),
    extension: path.nullable().default(null).describe('Takes an extension token by POST.'),
    attestation: path
      .nullable()
      .default(null)
      .describe('Where servers attest their secrets and settings, with AUTHWATCH_ATTESTATION_TOKEN.'),
    debug: path.nullable().default(null).describe('Must not answer anyone who is not signed in.'),
  })
  .prefault({})
  .describe("Paths of the application's that probes ask for; without one its probes are skipped.")

export const canary = z
  .strictObject({
    tenant: z.string().min(1).optional().describe('Slug of an organization the canary belongs to.'),
    foreignTenant: z.string().min(1).optional().describe('Slug of one it does not belong to.'),
    userId: z.string().min(1).optional().describe("Id of the canary's user; extension tokens name it."),
    organizationId: z
      .string()
      .min(1)
      .optional()
      .describe('Id of an organization it belongs to; extension tokens name it.'),
  })
  .prefault({})
  .describe('The account that authwatch signs in with; its secrets come from the environment.')
