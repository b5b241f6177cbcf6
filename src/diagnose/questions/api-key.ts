import type { Target } from '../../run/target.ts'
import { bad, type Diagnosis, good, type Look, type Step } from '../diagnosis.ts'
import { type ApiKeyFacts, readApiKeyFacts } from '../facts/of-api-key.ts'
import { type Around, lookAt, valueOr } from '../facts/reading.ts'
import type { ApiKeyRow } from '../facts/rows.ts'
import {
  lookAtEnabled,
  lookAtExpiry,
  lookAtOwner,
  lookAtReference,
  lookAtRevoked,
  lookAtRow,
  lookAtStored,
} from '../looks/at-key.ts'
import { lookAtKeyLimit, lookAtRemaining } from '../looks/at-key-limits.ts'
import { lookAtMember, lookAtMemberships, lookAtOrganization } from '../looks/at-membership.ts'
import { lookAtBan } from '../looks/at-person.ts'
import { databaseDiagnosis } from './database-diagnosis.ts'

export interface ApiKeyQuestion {
  readonly target: Target
  /** Secret. */
  readonly key: string
  /** Slug that the client sends in `x-tenant-id`. */
  readonly tenant: string | undefined
}

/** Would better-auth accept this key, and for whom? Reads only: verifying it would count a use. */
export function apiKeyDiagnosis({ target, key, tenant }: ApiKeyQuestion): Promise<Diagnosis> {
  return databaseDiagnosis<ApiKeyFacts>({
    title: `Would this API key be accepted${tenant === undefined ? '' : ` for ${tenant}`}?`,
    otherwise:
      'The key is good here. Does the client send it as x-api-key, to this application? Look at the servers: authwatch probe.',
    target,
    before: [{ question: 'Is it a whole key?', look: () => lookAtForm(key) }],
    read: (reading) => readApiKeyFacts(reading, { key, tenant }),
    steps: (facts, around) => stepsOf(facts, { ...around, tenant }),
  })
}

function lookAtForm(key: string): Look {
  const about = `${key.length} characters`
  if (!/[\s"'<>]/.test(key) && key !== '') return good(about)
  return bad({
    evidence: key === '' ? 'nothing was given' : `${about}, with spaces or quotes among them`,
    severity: 'warning',
    cause: 'What was given is no key: it is empty, or spaces or quotes were copied with it.',
    fix: {
      say: 'Copy the key alone, as it was shown when it was made. Look at the client for the same mistake.',
    },
    runbook: 'An API key gets 401',
  })
}

function stepsOf(
  facts: ApiKeyFacts,
  around: Around & { readonly tenant: string | undefined },
): readonly Step[] {
  const { rows, owner, storedInClear, tenants } = facts
  const { tenant } = around
  const [key] = valueOr(rows, [])
  const ofKey = (look: (found: ApiKeyRow) => Look | undefined) => () =>
    key === undefined ? undefined : look(key)
  const ofOwner = (look: (userId: string) => Look | undefined) =>
    ofKey(() => (owner.user === undefined ? undefined : look(owner.user.id)))
  const steps: readonly Step[] = [
    { question: 'Is there such a key?', look: () => lookAtRow(facts, around) },
    {
      question: 'Is it stored as better-auth stores it?',
      look: ofKey((found) => lookAtStored(found, storedInClear)),
    },
    { question: 'Is it enabled?', look: ofKey((found) => lookAtEnabled(found, around)) },
    { question: 'Is it revoked?', look: ofKey((found) => lookAtRevoked(found, around)) },
    { question: 'Is it still valid?', look: ofKey((found) => lookAtExpiry(found, around)) },
    { question: 'Are requests left?', look: ofKey((found) => lookAtRemaining(found, around)) },
    { question: 'Is it below its rate limit?', look: ofKey((found) => lookAtKeyLimit(found, around)) },
    { question: 'Does it say whose it is?', look: ofKey((found) => lookAtReference(found, around)) },
    { question: 'Does its owner exist?', look: ofKey((found) => lookAtOwner(found, owner, around)) },
    { question: 'Is the owner let in?', look: () => owner.user && lookAtBan(owner.user, around) },
    {
      question: 'Is the owner in an organization?',
      look: ofOwner((userId) =>
        lookAt(owner.memberships, (memberships) => lookAtMemberships({ userId, memberships }, around)),
      ),
    },
  ]
  if (tenant === undefined || tenants === undefined) return steps
  return [...steps, ...tenantSteps(facts, { ...around, tenant })]
}

function tenantSteps(
  { owner, tenants }: ApiKeyFacts,
  around: Around & { readonly tenant: string },
): readonly Step[] {
  const slug = around.tenant
  const named = valueOr(tenants ?? { value: [] }, [])
  const organization = named.find((each) => each.slug === slug)
  const memberships = valueOr(owner.memberships, [])
  return [
    {
      question: `Is there the organization ${slug}?`,
      look: () => tenants && lookAt(tenants, (all) => lookAtOrganization({ slug, named: all })),
    },
    {
      question: `May it act in ${slug}?`,
      look: () => {
        if (owner.user !== undefined)
          return lookAtMember({ userId: owner.user.id, memberships, organization }, around)
        if (owner.organization === undefined || organization === undefined) return undefined
        return lookAtOwnOrganization(owner.organization, organization)
      },
    },
  ]
}

function lookAtOwnOrganization(
  own: { readonly id: string; readonly slug: string | null },
  asked: { readonly id: string; readonly slug: string | null },
): Look {
  if (own.id === asked.id) return good('it belongs to this organization')
  return bad({
    evidence: `it belongs to ${own.slug ?? own.id}`,
    severity: 'critical',
    cause: `The key belongs to the organization ${own.slug ?? own.id}, and the client asks for ${asked.slug ?? asked.id}.`,
    fix: { say: `Send x-tenant-id: ${own.slug ?? own.id}, or use a key of ${asked.slug ?? asked.id}.` },
    runbook: 'An API key gets 401',
  })
}
