import type { AlertRule } from './rule.ts'

/** Windows for which a share of failures is recorded. */
export const burnWindows = ['5m', '30m', '1h', '2h', '6h', '1d', '3d'] as const
export type BurnWindow = (typeof burnWindows)[number]

export interface Burn {
  readonly long: BurnWindow
  /** A twelfth of the long one: it ends the alert soon after the fault has ended. */
  readonly short: BurnWindow
  /** Times the rate at which a budget of 30 days lasts 30 days. */
  readonly rate: number
}

/** Google's SRE workbook, chapter 5: 2 % of the budget in an hour, 5 % in six; then 10 % in three days. */
export const burns: Readonly<Record<'critical' | 'warning', readonly [Burn, Burn]>> = {
  critical: [
    { long: '1h', short: '5m', rate: 14.4 },
    { long: '6h', short: '30m', rate: 6 },
  ],
  warning: [
    { long: '1d', short: '2h', rate: 3 },
    { long: '3d', short: '6h', rate: 1 },
  ],
}

export interface BurnOptions {
  /** Name of the recorded share of failures in a window, 0 to 1. */
  readonly ratio: (window: BurnWindow) => string
  /** Share that may fail over 30 days. */
  readonly budget: number
  /** What else must hold over the longer window. */
  readonly also?: (window: BurnWindow) => string
  /** What makes it no news that the budget of the critical alert burns. */
  readonly criticalUnless?: string
  readonly about: Omit<AlertRule, 'expr' | 'for' | 'severity'>
}

type Windows = Pick<BurnOptions, 'ratio' | 'budget' | 'also'>

/** Two alerts of one name: `critical` for a budget that is gone within days, `warning` for one that will not last. */
export function burnRules({
  about,
  criticalUnless,
  ...options
}: BurnOptions): readonly [AlertRule, AlertRule] {
  const critical = either('critical', options)
  const news = criticalUnless === undefined ? critical : `(\n${indent(critical)}\n)\nunless ${criticalUnless}`
  return [
    { ...about, expr: news, for: '2m', severity: 'critical' },
    { ...about, expr: either('warning', options), for: '15m', severity: 'warning' },
  ]
}

function either(severity: keyof typeof burns, options: Windows): string {
  return burns[severity].map((burn) => `(\n${indent(burning(burn, severity, options))}\n)`).join('\nor\n')
}

function burning(
  { long, short, rate }: Burn,
  severity: keyof typeof burns,
  { ratio, budget, also }: Windows,
): string {
  const limit = `(${rate} * ${budget})`
  return [
    `${ratio(long)} > ${limit}`,
    `and ${ratio(short)} > ${limit}`,
    ...(also === undefined ? [] : [`and ${also(long)}`]),
    // A day's average over an hour of history is that hour's: too early to say that the budget will not last.
    ...(severity === 'warning' ? [`and count_over_time(${ratio('5m')}[1h] offset ${short}) > 0`] : []),
  ].join('\n')
}

function indent(text: string): string {
  return text.replace(/^/gm, '  ')
}
