import { importJWK } from 'jose'
import { z } from 'zod'
import { type Answer, Refusal } from '../catalogue/probe.ts'
import { answerFacts } from './answer-facts.ts'

const keySetSchema = z.object({
  keys: z.array(z.looseObject({ kid: z.string(), kty: z.string() })).max(1_000),
})

/** Members of a JWK that only the private half has (RFC 7518 §6, RFC 8037 §2). */
const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k']

/**
 * Ids of the keys in an answer of the jwt plugin, sorted; undefined where the plugin is off (404).
 * Throws Refusal: `wrong_status`, `unparsable`, `no_keys`, `private_key_shown`.
 */
export async function publishedKeys(answer: Answer): Promise<readonly string[] | undefined> {
  if (answer.status === 404) return undefined
  const facts = answerFacts(answer)
  if (answer.status !== 200) throw new Refusal('wrong_status', facts)
  const set = keySetSchema.safeParse(answer.json())
  if (!set.success) throw new Refusal('unparsable', facts)
  const { keys } = set.data
  if (keys.length === 0) throw new Refusal('no_keys', facts)
  for (const key of keys) {
    if (PRIVATE_MEMBERS.some((member) => member in key)) throw new Refusal('private_key_shown')
    const imported = await importJWK(key).catch(() => undefined)
    if (imported === undefined) throw new Refusal('unparsable', facts)
  }
  return keys.map(({ kid }) => kid).toSorted()
}
