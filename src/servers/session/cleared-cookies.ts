import type { Answer } from '../../catalogue/probe.ts'

/** Names of the cookies that an answer tells the browser to forget. */
export function clearedCookies({ setCookies }: Answer): readonly string[] {
  return setCookies
    .filter((line) => line.split(';').some((part) => part.trim().toLowerCase() === 'max-age=0'))
    .map((line) => line.slice(0, line.indexOf('=')).trim())
}
