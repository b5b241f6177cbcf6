import { InvalidArgumentError } from 'commander'
import { type Duration, isDuration } from '../../catalogue/duration.ts'

/** Parses the value of an option that is a length of time. */
export function durationOption(text: string): Duration {
  if (isDuration(text)) return text
  throw new InvalidArgumentError('write a length of time such as 30m, 24h or 7d.')
}
