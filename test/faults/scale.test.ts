import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { catalogue } from '../../src/commands/catalogue.ts'
import { renderRuleFiles } from '../../src/generate/rule-files.ts'
import { scaleDuration, scaleExpression, scaleRules } from './scale.ts'

test.each([
  ['5m', '10s'],
  ['6d23h30m', '20100s'],
  ['45s', '1500ms'],
  ['1w', '20160s'],
])('%s becomes %s where time runs thirty times faster', (duration, shorter) => {
  expect(scaleDuration(duration, 30)).toBe(shorter)
})

test('what is no length of time is refused', () => {
  expect(() => scaleDuration('5 minutes', 30)).toThrow('Not a length of time: 5 minutes')
})

test.each([
  [
    'a range and an offset',
    'avg_over_time(a:b[1h] offset 6d23h30m) > 20',
    'avg_over_time(a:b[120s] offset 20100s) > 20',
  ],
  ['seconds that make a rate a count', '300 * rate(x[5m]) >= 30', '10 * rate(x[10s]) >= 30'],
  ['no other factor', '(14.4 * 0.005) < x and x > 3 * y', '(14.4 * 0.005) < x and x > 3 * y'],
  ['the age of the last run', 'time() - max by (job) (last) > 600', 'time() - max by (job) (last) > 20'],
  [
    'no multiple of an interval and no grace beside it',
    'time() - max by (job) (last) > 3 * max by (job) (every) + 60',
    'time() - max by (job) (last) > 3 * max by (job) (every) + 60',
  ],
  ['no age of what is watched', 'oldest_seconds > 172800', 'oldest_seconds > 172800'],
  ['no label', 'max by (job) (x{window="5m"})', 'max by (job) (x{window="5m"})'],
])('%s', (_, expr, scaled) => {
  expect(scaleExpression(expr, 30)).toBe(scaled)
})

test('a rule waits, keeps firing and is evaluated in shorter times, and says the same', () => {
  const text = `groups:
  - name: a
    interval: 2m
    rules:
      - { alert: B, expr: "x > 1", for: 10m, keep_firing_for: 5m, annotations: { summary: "for 10m" } }`
  expect(parse(scaleRules(text, 30))).toEqual({
    groups: [
      {
        name: 'a',
        interval: '4s',
        rules: [
          {
            alert: 'B',
            expr: 'x > 1',
            for: '20s',
            keep_firing_for: '10s',
            annotations: { summary: 'for 10m' },
          },
        ],
      },
    ],
  })
})

test('no rule of the project is left with a length of time that no factor explains', () => {
  for (const text of Object.values(renderRuleFiles(catalogue))) {
    const exprs = JSON.stringify(
      parse(scaleRules(text, 60)).groups.flatMap(({ rules }: { rules: { expr: string }[] }) =>
        rules.map(({ expr }) => expr),
      ),
    )
    expect(exprs.match(/\[\d+[mhdw]|offset \d+[mhdw]|\b(300|900|1800|3600|86400|600)\b( \*|")/g)).toBeNull()
  }
})
