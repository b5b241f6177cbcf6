import { expect, test } from 'vitest'
import { gauge, scanCheck } from '../../src/catalogue/check.ts'
import { family } from '../../src/catalogue/family.ts'
import { probe } from '../../src/catalogue/probe.ts'
import { sql } from '../../src/database/sql.ts'
import { toPromQL } from '../../src/generate/promql.ts'

const rows = family({ name: 'rows', help: 'Rows.', labels: { state: ['old', 'new'] } })
const lag = family({ name: 'lag_seconds', help: 'Lag.', labels: {} })
const common = {
  title: 'Rows are left',
  every: '1m',
  timeout: '5s',
  alerts: { none: 'Not asked for here.' },
} as const

const check = scanCheck({
  ...common,
  id: 'session.left',
  table: 'session',
  gauges: { old: { ...gauge(rows, { state: 'old' }), aggregate: () => sql`count(*)` } },
})
const watched = (scope: 'server' | 'fleet') =>
  probe({
    ...common,
    id: 'server.late',
    scope,
    steps: ['ok'],
    reasons: [],
    needs: [],
    gauges: { lag: gauge(lag, {}) },
    run: async () => undefined,
  })

const about = { severity: 'warning', for: '5m', summary: 'Rows are left' } as const

test.each([
  [
    'offenders of a check',
    check,
    [{ metric: 'offenders', is: 'above', threshold: 10_000 }],
    'max by (job, target) (last_over_time(authwatch_check_findings{check="session.left"}[5m])) > 10000',
  ],
  [
    'a gauge of a check, below',
    check,
    [{ metric: 'old', is: 'below', threshold: 0.5 }],
    'min by (job, target) (last_over_time(authwatch_rows{state="old"}[5m])) < 0.5',
  ],
  [
    'two clauses',
    check,
    [
      { metric: 'old', is: 'above', threshold: -1 },
      { metric: 'offenders', is: 'above', threshold: 0 },
    ],
    'max by (job, target) (last_over_time(authwatch_rows{state="old"}[5m])) > -1\n' +
      'and on (job, target)\n' +
      'max by (job, target) (last_over_time(authwatch_check_findings{check="session.left"}[5m])) > 0',
  ],
  [
    'offenders of a probe, which has a target as checks do',
    watched('server'),
    [{ metric: 'offenders', is: 'above', threshold: 0 }],
    'max by (job, target) (last_over_time(authwatch_check_findings{check="server.late"}[5m])) > 0',
  ],
  [
    'a gauge of a server, whose name is the target',
    watched('server'),
    [{ metric: 'lag', is: 'above', threshold: 60 }],
    'max by (job, target) (label_replace(last_over_time(authwatch_lag_seconds[5m]), "target", "$1", "server", "(.+)")) > 60',
  ],
  [
    'a gauge of the fleet',
    watched('fleet'),
    [{ metric: 'lag', is: 'above', threshold: 60 }],
    'max by (job, target) (last_over_time(authwatch_lag_seconds[5m])) > 60',
  ],
] as const)('%s', (_, subject, when, expected) => {
  expect(toPromQL({ ...about, when }, subject)).toBe(expected)
})

test('a number that the check does not report is an error', () => {
  const when = [{ metric: 'new', is: 'above', threshold: 0 }] as const
  expect(() => toPromQL({ ...about, when }, check)).toThrow(RangeError)
})
