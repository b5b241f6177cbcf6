import type { CheckId } from '../../src/catalogue/naming.ts'
import type { Finding, Result, Verdict } from '../../src/catalogue/result.ts'

const thisMinute = Math.floor(Date.now() / 60_000) * 60_000

/** A whole minute, so many minutes before the tests began: recent enough not to be forgotten as old. */
export function minutesAgo(minutes: number): number {
  return thisMinute - minutes * 60_000
}

interface Run {
  readonly at: number
  readonly check?: CheckId
  readonly target?: string
}

function result({ at, check = 'session.expired_backlog', target = 'shop' }: Run, verdict: Verdict): Result {
  return { check, target, startedAt: at, durationMs: 12.5, verdict }
}

export function passed(run: Run): Result {
  return result(run, { state: 'pass', values: { offenders: 0, oldest: null } })
}

/** A failed run whose sample has these keys. `offenders` is the full count: as many as there are keys, unless said. */
export function failed(run: Run & { readonly keys: readonly string[]; readonly offenders?: number }): Result {
  const findings = run.keys.map((key): Finding => ({ key, detail: { userId: `user of ${key}`, name: null } }))
  const values = { offenders: run.offenders ?? run.keys.length }
  return result(run, { state: 'fail', values, severity: 'warning', summary: 'There are some', findings })
}

export function errored(run: Run): Result {
  return result(run, { state: 'error', code: 'ERR_TIMEOUT', message: 'took too long' })
}

export function skipped(run: Run): Result {
  return result(run, { state: 'skipped', reason: 'there is no such table' })
}
