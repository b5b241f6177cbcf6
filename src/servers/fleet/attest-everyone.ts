import { randomBytes } from 'node:crypto'
import { z } from 'zod'
import { type Answer, Refusal, type ServerClient } from '../../catalogue/probe.ts'
import { answerFacts } from '../answer-facts.ts'
import { askEveryone } from './ask-everyone.ts'

const MAX_SECRETS = 20
const secretName = z.string().regex(/^[a-z][a-z0-9_]{0,62}$/)
const limited = (all: object) => Object.keys(all).length <= MAX_SECRETS

const attestationSchema = z.object({
  version: z.literal(1),
  fingerprints: z.record(secretName, z.string().regex(/^[0-9a-f]{64}$/)).refine(limited),
  withheld: z.record(secretName, z.enum(['missing', 'short'])).refine(limited),
  settings: z.record(z.string(), z.unknown()),
})

/** What a server says of itself. Nothing in it is secret, and nothing in it is to be believed in its length. */
export type Attestation = z.infer<typeof attestationSchema>

export interface Attested {
  readonly challenge: Uint8Array
  readonly servers: ReadonlyMap<string, Attestation>
  /** Servers that answered, but not with an attestation: `token_refused`, `not_mounted` or `unusable_answer`. */
  readonly refused: ReadonlyMap<string, Refusal<AttestationRefusal>>
}

export type AttestationRefusal = 'token_refused' | 'not_mounted' | 'unusable_answer'

const CHALLENGE_BYTES = 32

/**
 * Puts one new challenge to every server, so that their answers can be compared with each other and with no others.
 * Servers that have no usable answer are left out; rejects when fewer than `atLeast` answer at all.
 */
export async function attestEveryone(
  fleet: readonly ServerClient[],
  { path, token, atLeast }: { readonly path: string; readonly token: string; readonly atLeast: number },
): Promise<Attested> {
  const challenge = randomBytes(CHALLENGE_BYTES)
  const request = {
    method: 'POST',
    headers: { authorization: `Bearer ${token}` },
    json: { challenge: challenge.toString('base64') },
  } as const
  const answers = await askEveryone(fleet, { path, atLeast, request })
  const servers = new Map<string, Attestation>()
  const refused = new Map<string, Refusal<AttestationRefusal>>()
  for (const { server, answer } of answers) {
    const read = readAttestation(answer)
    if (read instanceof Refusal) refused.set(server, read)
    else servers.set(server, read)
  }
  return { challenge, servers, refused }
}

function readAttestation(answer: Answer): Attestation | Refusal<AttestationRefusal> {
  const { status } = answer
  if (status === 401 || status === 403) return new Refusal('token_refused', answerFacts(answer))
  if (status === 404 || status === 405) return new Refusal('not_mounted', answerFacts(answer))
  const parsed = attestationSchema.safeParse(answer.json())
  return status === 200 && parsed.success ? parsed.data : new Refusal('unusable_answer', answerFacts(answer))
}
