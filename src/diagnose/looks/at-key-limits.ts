import { updateRow } from '../causes/repairs.ts'
import { bad, good, type Look } from '../diagnosis.ts'
import type { Around } from '../facts/reading.ts'
import type { ApiKeyRow } from '../facts/rows.ts'
import { sayInstant, sayLength } from '../say-time.ts'

/** Requests that the key may still make. A refill that is due counts as made: it comes with the next use. */
export function lookAtRemaining(key: ApiKeyRow, { now, spell }: Around): Look {
  const { id, remaining, refillAmount, refillInterval } = key
  if (remaining === null) return good('without a limit')
  const last = key.lastRefillAt ?? key.createdAt
  const refill =
    refillAmount === null || refillInterval === null || last === null
      ? null
      : new Date(last.getTime() + refillInterval)
  if (refill !== null && refill < now) return good(`${refillAmount} after the refill that is due`)
  if (remaining > 0) return good(String(remaining))
  const again = refill === null ? 'and its row is deleted' : `until the refill at ${sayInstant(refill)}`
  return bad({
    evidence: refill === null ? 'none' : `none until ${sayInstant(refill)}`,
    severity: 'critical',
    cause: `The key ${id} has used up its requests: USAGE_EXCEEDED, ${again}.`,
    fix: {
      say: 'Give it more, better with auth.api.updateApiKey({ body: { keyId, userId, remaining } }).',
      run: [updateRow(spell, { table: 'apiKey', id, set: { remaining: '1000' } })],
    },
    runbook: 'AuthwatchApiKeyNearExhaustion',
  })
}

/** The key's own limiter: a count that begins anew only after a whole window without a request (1.7). */
export function lookAtKeyLimit(key: ApiKeyRow, { now, spell }: Around): Look {
  const { id, rateLimitEnabled, rateLimitMax, rateLimitTimeWindow, requestCount, lastRequest } = key
  if (rateLimitEnabled === false) return good('it has none')
  if (rateLimitMax === null || rateLimitTimeWindow === null) return good('it has none')
  const window = sayLength(rateLimitTimeWindow)
  const count = `${requestCount ?? 0} of ${rateLimitMax} in ${window}`
  const opens = lastRequest === null ? now : new Date(lastRequest.getTime() + rateLimitTimeWindow)
  if ((requestCount ?? 0) < rateLimitMax || opens <= now) return good(count)
  const isDefault = rateLimitMax === 10 && rateLimitTimeWindow === 86_400_000
  return bad({
    evidence: `${count}, the last at ${sayInstant(lastRequest ?? now)}`,
    severity: 'critical',
    cause: `The key ${id} is at its rate limit (${count}): RATE_LIMITED until ${sayInstant(opens)}, if it is left alone.${isDefault ? ' Nobody chose this limit; it is the default of the plugin.' : ''}`,
    fix: {
      say: 'Raise the limit, better with auth.api.updateApiKey({ body: { keyId, userId, rateLimitMax, rateLimitTimeWindow } }).',
      run: [
        updateRow(spell, {
          table: 'apiKey',
          id,
          set: { requestCount: '0', rateLimitMax: '1000', rateLimitTimeWindow: '3600000' },
        }),
      ],
    },
    runbook: 'AuthwatchApiKeyNearExhaustion',
  })
}
