import { InvalidArgumentError } from 'commander'

/** Takes the value of an option that is a port of TCP, or 0. */
export function portOption(text: string): string {
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return text
  throw new InvalidArgumentError('write a number from 0 to 65535.')
}
