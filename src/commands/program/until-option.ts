import { InvalidArgumentError } from 'commander'
import { isDuration, milliseconds } from '../../catalogue/duration.ts'

const ISO = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d)?)?$/

/** Parses the value of an option that is an instant to come: a length of time from now, or a date, in UTC unless said. */
export function untilOption(text: string): Date {
  if (isDuration(text)) return new Date(Date.now() + milliseconds(text))
  const withZone = /T/.test(text) && !/(Z|[+-]\d\d:\d\d)$/.test(text) ? `${text}Z` : text
  const date = new Date(withZone)
  if (ISO.test(text) && !Number.isNaN(date.getTime())) return date
  throw new InvalidArgumentError('write a length of time such as 12h or 7d, or a date such as 2027-01-31.')
}
