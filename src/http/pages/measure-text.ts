import type { Gauge } from '../../catalogue/check.ts'
import { numberText } from './number-text.ts'
import { lengthText, tookText } from './time.ts'

/** A number that a check measured, as a length of time where its metric is in seconds: `14 d`, `-3 s`, `20 ms`. */
export function measureText(value: number, gauge: Gauge | undefined): string {
  if (gauge?.family.name.endsWith('_seconds') !== true) return numberText(value)
  const ms = Math.abs(value) * 1_000
  const text = ms < 1_000 ? tookText(ms) : lengthText(ms)
  return value < 0 ? `-${text}` : text
}
