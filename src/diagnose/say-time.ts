const UNITS = [
  [86_400, 'd'],
  [3_600, 'h'],
  [60, 'min'],
] as const

/** A length of time in one unit, rounded down, as people say it: `3 d`, `25 min`, `40 s`. */
export function sayLength(milliseconds: number): string {
  const seconds = Math.abs(milliseconds) / 1_000
  const unit = UNITS.find(([size]) => seconds >= 2 * size)
  if (unit === undefined) return `${Math.floor(seconds)} s`
  const [size, name] = unit
  return `${Math.floor(seconds / size)} ${name}`
}

/** How far an instant is from now: `3 d ago`, `in 25 min`. */
export function sayWhen(instant: Date, now: Date): string {
  const distance = instant.getTime() - now.getTime()
  return distance > 0 ? `in ${sayLength(distance)}` : `${sayLength(distance)} ago`
}

/** An instant for a log search: `2026-11-23 16:05:30 UTC`. */
export function sayInstant(instant: Date): string {
  return `${instant.toISOString().slice(0, 19).replace('T', ' ')} UTC`
}
