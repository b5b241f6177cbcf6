import { seconds } from '../catalogue/duration.ts'
import type { Config } from '../config/load.ts'
import {
  type InspectedToken,
  inspectExtensionToken,
} from '../servers/extension-token/inspect-extension-token.ts'
import { palette } from './terminal/colours.ts'
import { plainTable } from './terminal/plain-table.ts'
import { exitCodes, type Terminal } from './terminal/terminal.ts'
import { UsageError } from './terminal/usage-error.ts'

const MAX_TOKEN = 65_536
const SIGNATURES = {
  expected: 'made with EXTENSION_TOKEN_SECRET',
  other: 'made with another secret, or altered',
  none: 'the token is not signed',
  unknown: 'EXTENSION_TOKEN_SECRET is not set, so nobody can tell',
} as const

/** A line about the token; `grave` makes servers refuse it, `doubt` is against the policy or cannot be told. */
interface Fact {
  readonly name: string
  readonly text: string
  readonly judgement: 'good' | 'doubt' | 'grave' | 'unknown'
}

/** `authwatch token inspect`: reads a token from standard input and says what is right and wrong with it. */
export async function inspectToken(
  config: Config,
  { json }: { readonly json: boolean },
  terminal: Terminal,
): Promise<number> {
  if (terminal.interactive) terminal.err('Paste the token, then Ctrl-D.\n')
  const token = (await terminal.read(MAX_TOKEN)).trim().replace(/^bearer\s+/i, '')
  const inspected = await inspectExtensionToken(token, config.fleet.secrets.extensionToken)
  if (inspected === undefined)
    throw new UsageError('that is no JWT: three parts of base64url with dots between them')
  const facts = factsOf(inspected, config.policy.extensionToken, Date.now())
  if (json) terminal.out(`${JSON.stringify({ ...inspected, facts }, null, 2)}\n`)
  else terminal.out(`${tableOf(facts, terminal)}\n`)
  const has = (judgement: Fact['judgement']) => facts.some((fact) => fact.judgement === judgement)
  if (has('grave')) return exitCodes.critical
  if (has('unknown')) return exitCodes.couldNotLook
  return has('doubt') ? exitCodes.warning : exitCodes.pass
}

function factsOf(
  token: InspectedToken,
  policy: Config['policy']['extensionToken'],
  now: number,
): readonly Fact[] {
  const { signature, scopes, audience, organizationId, userId, extension } = token
  const claim = (name: string, value: string | null): Fact => ({
    ...{ name, text: value ?? 'missing', judgement: value === null ? 'grave' : 'good' },
  })
  const judgement = signature === 'expected' ? 'good' : signature === 'unknown' ? 'unknown' : 'grave'
  return [
    { name: 'algorithm', text: token.algorithm, judgement: token.algorithm === 'HS256' ? 'good' : 'grave' },
    { name: 'signature', text: SIGNATURES[signature], judgement },
    ...timesOf(token, policy, now),
    {
      name: 'audience',
      text: audience.join(', ') || 'missing',
      judgement: audience.length === 0 ? 'grave' : audience.includes(policy.audience) ? 'good' : 'doubt',
    },
    claim('organization', organizationId),
    claim('user', userId),
    claim('extension', extension),
    { name: 'scopes', text: scopes.join(', ') || 'none', judgement: scopes.includes('*') ? 'grave' : 'good' },
    ...(token.otherClaims.length === 0
      ? []
      : [{ name: 'other claims', text: token.otherClaims.join(', '), judgement: 'good' as const }]),
  ]
}

function timesOf(
  { issuedAt, notBefore, expiresAt }: InspectedToken,
  policy: Config['policy']['extensionToken'],
  now: number,
): readonly Fact[] {
  const fact = (name: string, time: number | null, wrong: boolean): Fact => ({
    name,
    text:
      time === null ? 'missing' : `${new Date(time).toISOString().slice(0, 19)} UTC, ${distance(time - now)}`,
    judgement: wrong ? 'grave' : 'good',
  })
  const lifetime = issuedAt === null || expiresAt === null ? null : (expiresAt - issuedAt) / 1000
  const longest = seconds(policy.lifetime)
  return [
    {
      ...fact('issued', issuedAt, issuedAt !== null && issuedAt > now),
      ...(issuedAt === null ? { judgement: 'doubt' } : {}),
    },
    ...(notBefore === null ? [] : [fact('not before', notBefore, notBefore > now)]),
    fact('expires', expiresAt, expiresAt === null || expiresAt <= now),
    ...(lifetime === null || lifetime <= longest
      ? []
      : [
          {
            name: 'lifetime',
            text: `${lifetime} s, above the policy's ${longest} s`,
            judgement: 'doubt' as const,
          },
        ]),
  ]
}

function distance(milliseconds: number): string {
  const whole = Math.round(Math.abs(milliseconds) / 1000)
  const text =
    whole < 120
      ? `${whole} s`
      : whole < 7_200
        ? `${Math.round(whole / 60)} min`
        : `${Math.round(whole / 3600)} h`
  return milliseconds > 0 ? `in ${text}` : `${text} ago`
}

function tableOf(facts: readonly Fact[], terminal: Terminal): string {
  const { green, red, yellow, bold } = palette(terminal)
  const signs = { good: green('✓'), doubt: yellow('!'), grave: red('✗'), unknown: red('?') }
  return plainTable(
    ['', '', ''],
    facts.map(({ name, text, judgement }) => [signs[judgement], bold(name), text]),
  ).trimStart()
}
