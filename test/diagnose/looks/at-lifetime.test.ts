import { expect, test } from 'vitest'
import { lookAtLifetime } from '../../../src/diagnose/looks/at-lifetime.ts'

const DAY_MS = 86_400_000
const POLICY_SECONDS = 7 * 86_400

function lastingMs(milliseconds: number) {
  const createdAt = new Date('2026-11-30T12:00:00Z')
  const session = {
    id: 's',
    userId: 'u',
    activeOrganizationId: null,
    impersonatedBy: null,
    createdAt,
    updatedAt: createdAt,
    expiresAt: new Date(createdAt.getTime() + milliseconds),
  }
  return lookAtLifetime(session, POLICY_SECONDS)
}

test('a session that ends a moment early lasts what the policy says, in words as well', () => {
  const evidence = 'lasts 7 d; the policy says 7 d'
  expect(lastingMs(7 * DAY_MS)).toMatchObject({ sign: 'good', evidence })
  expect(lastingMs(7 * DAY_MS - 2)).toMatchObject({ sign: 'good', evidence })
})

test('one that was made to last a day less is told with its length', () => {
  expect(lastingMs(6 * DAY_MS)).toMatchObject({
    sign: 'bad',
    evidence: 'lasts 6 d; the policy says 7 d',
  })
})
