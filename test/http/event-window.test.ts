import { expect, test } from 'vitest'
import { eventWindow } from '../../src/http/event-window.ts'
import type { EventTotal } from '../../src/results/read-events.ts'

const MINUTE = 60_000
const START = 1_000 * MINUTE

const total = (server: string, reason: EventTotal['reason'], count: number): EventTotal => ({
  ...{ server, operation: 'sign_in_email', reason, count },
  outcome: reason === 'ok' ? 'success' : 'rejected',
})

/** Totals that a test moves on. */
function totals() {
  const now = { known: false, counts: [] as readonly EventTotal[] }
  return {
    now,
    source: {
      known: () => now.known,
      counts: () => now.counts,
      servers: () => new Map([['crm-a', 0]]),
    },
  }
}

test('what was counted before the worker began is not told; what comes after is, by minute and over all servers', () => {
  const { now, source } = totals()
  const window = eventWindow(source)
  expect(window.activity(START)).toBeUndefined()
  Object.assign(now, { known: true, counts: [total('crm-a', 'ok', 500), total('crm-a', 'banned', 90)] })
  expect(window.activity(START + 1_000)).toEqual({
    ...{ since: START + 1_000, operations: [] },
    servers: [{ server: 'crm-a', dropped: 0 }],
  })

  now.counts = [total('crm-a', 'ok', 503), total('crm-a', 'banned', 91), total('crm-b', 'banned', 4)]
  window.observe(START + 2_000)
  now.counts = [...now.counts, total('crm-b', 'malformed', 7)]
  window.observe(START + 2 * MINUTE)
  expect(window.activity(START + 2 * MINUTE + 500)?.operations).toEqual([
    {
      operation: 'sign_in_email',
      counts: { success: 3, rejected: 12, error: 0 },
      reasons: [
        { reason: 'malformed', count: 7 },
        { reason: 'banned', count: 5 },
      ],
      // One and four in the first minute, none in the second, seven in the one under way.
      failuresByMinute: [5, 0, 7],
    },
  ])
})

test('what is an hour old leaves the window, also when nothing happens', () => {
  const { now, source } = totals()
  const window = eventWindow(source)
  Object.assign(now, { known: true, counts: [] })
  window.observe(START)
  now.counts = [total('crm-a', 'banned', 2)]
  window.observe(START + 1_000)
  expect(window.activity(START + 59 * MINUTE)?.operations).toHaveLength(1)
  const later = window.activity(START + 60 * MINUTE)
  expect(later).toMatchObject({ since: START + MINUTE, operations: [] })
})
