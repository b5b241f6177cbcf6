import { expect } from 'vitest'
import type { Diagnosed } from '../diagnosed-crm.ts'

/** Healthy: no cause, and everything was looked at. */
export function expectHealthy({ cause, code, steps }: Diagnosed): void {
  expect({ cause, code, unseen: steps.filter(({ sign }) => sign === 'unknown') }).toEqual({
    cause: null,
    code: 0,
    unseen: [],
  })
}

/** The first cause, its fix with the values in it, and the section of the runbook. */
export function expectCause(
  { cause }: Diagnosed,
  wanted: { cause: RegExp; fix: RegExp; link: string; severity?: string },
): void {
  expect(cause?.cause).toMatch(wanted.cause)
  expect([cause?.fix.say, ...(cause?.fix.run ?? [])].join('\n')).toMatch(wanted.fix)
  expect(cause?.link).toBe(`alerts/README.md#${wanted.link}`)
  if (wanted.severity !== undefined) expect(cause?.severity).toBe(wanted.severity)
}
