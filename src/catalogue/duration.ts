const UNIT_SECONDS = { s: 1, m: 60, h: 3600, d: 86_400 } as const

/** A length of time as an operator writes it: `30s`, `5m`, `24h`, `7d`. Whole numbers only. */
export type Duration = `${number}${keyof typeof UNIT_SECONDS}`

const PATTERN = /^(\d{1,9})([smhd])$/

/** Whether `text` is a Duration; used where text comes from outside. */
export function isDuration(text: string): text is Duration {
  return PATTERN.test(text)
}

/** Length in seconds. Throws RangeError on anything `isDuration` refuses. */
export function seconds(duration: Duration): number {
  const [, amount, unit] = PATTERN.exec(duration) ?? []
  if (amount === undefined || unit === undefined) throw new RangeError(`Not a duration: ${duration}`)
  return Number(amount) * UNIT_SECONDS[unit as keyof typeof UNIT_SECONDS]
}

/** Length in milliseconds. */
export function milliseconds(duration: Duration): number {
  return seconds(duration) * 1000
}
