import { createHash, timingSafeEqual } from 'node:crypto'
import type { AuthLike } from '../auth-like.ts'
import { readJson, textOf } from '../json-copy.ts'
import type { Attestation } from './attestation.ts'
import { attestedSettings, checkStated, type StatedSettings } from './attested-settings.ts'
import { fingerprint, MIN_CHALLENGE_BYTES } from './fingerprint.ts'

const MAX_BODY_BYTES = 4_096
/** Characters. Shorter tokens and secrets can be guessed. */
const MIN_TOKEN_LENGTH = 16
const MIN_SECRET_LENGTH = 32
const SECRET_NAME = /^[a-z][a-z0-9_]{0,62}$/

export interface AttestOptions {
  /** Shared with the worker alone. Two while one is being replaced by the other. */
  readonly tokens: string | readonly string[]
  /**
   * The secrets that all servers must share, by the names the worker knows them by, for example `auth` and
   * `extension_token`. Each must be random: at least 32 characters.
   */
  readonly secrets: Readonly<Record<string, string | undefined>>
  /** What better-auth knows nothing of, to be compared as its own settings are. */
  readonly settings?: StatedSettings | undefined
}

/**
 * Lets the worker compare servers: a handler of `POST`, to be mounted for example at `/authwatch/attestation`. It
 * answers `{ "challenge": <16 bytes or more, base64> }`, with a bearer token, with an {@link Attestation}: a
 * fingerprint of each secret, which is of use for this challenge only, and the settings in force. No secret, and
 * nothing from which one that is random could be found, leaves the server.
 *
 * @throws TypeError for a token that is too short, a secret's name that is none, or a setting that cannot be
 */
export function attest(auth: Pick<AuthLike, '$context'>, options: AttestOptions) {
  const tokens = [options.tokens].flat().map(checkedToken)
  const names = Object.keys(options.secrets)
  const unfit = names.find((name) => !SECRET_NAME.test(name))
  if (unfit !== undefined) throw new TypeError(`Not a secret's name: ${JSON.stringify(unfit)}`)
  checkStated(options.settings)
  return async (request: Request): Promise<Response> => {
    if (!isAuthorized(request.headers, tokens)) {
      return answer(401, { error: 'A bearer token is required.' }, { 'www-authenticate': 'Bearer' })
    }
    if (request.method !== 'POST') return answer(405, { error: 'Use POST.' }, { allow: 'POST' })
    const challenge = await readChallenge(request)
    if (challenge === undefined) {
      return answer(400, {
        error: `A challenge of ${MIN_CHALLENGE_BYTES} bytes or more is required, as base64.`,
      })
    }
    try {
      return answer(200, attestationOf(options, challenge, await auth.$context))
    } catch {
      // Whatever it is, it may hold settings that are nobody's business.
      return answer(500, { error: 'The settings could not be read.' })
    }
  }
}

function attestationOf(
  { secrets, settings }: AttestOptions,
  challenge: Uint8Array,
  context: unknown,
): Attestation {
  const fingerprints: Record<string, string> = {}
  const withheld: Record<string, 'missing' | 'short'> = {}
  for (const [name, secret] of Object.entries(secrets)) {
    if (secret === undefined || secret === '') withheld[name] = 'missing'
    else if (secret.length < MIN_SECRET_LENGTH) withheld[name] = 'short'
    else fingerprints[name] = fingerprint({ name, secret, challenge })
  }
  return { version: 1, fingerprints, withheld, settings: attestedSettings(context, settings) }
}

function checkedToken(token: string): Buffer {
  if (token.length < MIN_TOKEN_LENGTH)
    throw new TypeError(`A token has at least ${MIN_TOKEN_LENGTH} characters.`)
  return digest(token)
}

/** Looks at every token, and at digests of equal length: its time tells nothing of any. */
function isAuthorized(headers: Headers, tokens: readonly Buffer[]): boolean {
  const given = digest(/^Bearer (.+)$/i.exec(headers.get('authorization') ?? '')?.[1] ?? '')
  return tokens.filter((token) => timingSafeEqual(token, given)).length > 0
}

function digest(token: string): Buffer {
  return createHash('sha256').update(token).digest()
}

async function readChallenge(request: Request): Promise<Uint8Array | undefined> {
  if (request.body === null) return undefined
  const text = textOf(await readJson(request.body, MAX_BODY_BYTES), 'challenge')
  const challenge = Buffer.from(text ?? '', 'base64')
  return challenge.byteLength < MIN_CHALLENGE_BYTES ? undefined : challenge
}

function answer(status: number, body: object, headers: Readonly<Record<string, string>> = {}): Response {
  return Response.json(body, { status, headers: { ...headers, 'cache-control': 'no-store' } })
}
