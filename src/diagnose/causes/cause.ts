import type { Fix } from '../diagnosis.ts'

/** What a probe met: one finding of it. */
export interface Met {
  /** The server it is about, or all that were looked at. */
  readonly server: string
  readonly step: string
  /** An origin, a setting, a kind: what the step was about. */
  readonly about: string
  readonly reason: string
  readonly detail: Readonly<Record<string, string | null>>
}

/** What is wrong, and what to do about it. */
export interface Cause {
  readonly cause: string
  readonly fix: Fix
}

/** By the reasons of a probe. */
export type CausesOfProbe = Readonly<Record<string, (met: Met) => Cause>>

export function cause(sentence: string, say: string, run?: readonly string[]): Cause {
  return { cause: sentence, fix: run === undefined ? { say } : { say, run } }
}

/** How a secret is compared without showing it. */
export const compareSecret = (name: string): string => `printf %s "$${name}" | sha256sum | cut -c1-8`

/** What an answer other than the hoped-for one means, at any step that asks better-auth. */
export const answerCauses: CausesOfProbe = {
  origin_refused: ({ server }) =>
    cause(
      `better-auth on ${server} does not trust the origin (403 INVALID_ORIGIN).`,
      `Add it to trustedOrigins on ${server}; compare BETTER_AUTH_URL with that of the others. Restart it.`,
    ),
  forbidden: ({ server, detail }) =>
    cause(
      `${server} answers 403${detail.code ? ` ${detail.code}` : ''}: the user is banned or not verified, or something before better-auth refuses.`,
      'Look at the user: authwatch diagnose user <e-mail>. Is there a firewall, or bot protection?',
    ),
  not_found: ({ server }) =>
    cause(
      `better-auth is not where routes.auth says on ${server} (404).`,
      'Correct routes.auth, or roll back the deployment that moved it.',
    ),
  server_error: ({ server, detail }) =>
    cause(
      `${server} fails with ${detail.status ?? '5xx'}: the database, a missing column, a hook, or a gateway without a backend.`,
      `Look at the log of ${server} at this minute, and at the schema.`,
      ['authwatch check schema.column_missing'],
    ),
  unexpected_answer: ({ server, detail }) =>
    cause(
      `${server} answers ${detail.status ?? 'something'} ${detail.type ?? ''}, which is not better-auth's: a proxy's page, or passwords are off.`,
      'Ask the process past the proxy (servers[].url), and compare.',
    ),
}
