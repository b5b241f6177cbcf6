import { createHash } from 'node:crypto'

/** Shorter than this, a text is found by chance. */
const SHORTEST = 10
/** Of a secret that was cut, so much makes the rest a matter of guessing. */
const MOST_OF_IT = 0.6

/**
 * The ways in which a secret may have been written, each with its name. Digests without a key are among them: what is
 * behind one can be guessed at leisure, and where two are alike the secrets are.
 */
export function spellings(secret: string): ReadonlyMap<string, string> {
  const bytes = Buffer.from(secret)
  const most = secret.slice(0, Math.ceil(secret.length * MOST_OF_IT))
  const digests = ['md5', 'sha1', 'sha256', 'sha512'].flatMap((name) => {
    const digest = createHash(name).update(secret).digest()
    return (['hex', 'base64', 'base64url'] as const).map(
      (form) => [digest.toString(form), `${name} in ${form}`] as const,
    )
  })
  const all: readonly (readonly [string, string])[] = [
    ...digests,
    ...[0, 1, 2].flatMap((offset) => insideBase64(bytes, offset)),
    [bytes.toString('hex'), 'hex'],
    [bytes.toString('hex').toUpperCase(), 'HEX'],
    [escapeHtml(secret), 'in HTML'],
    [encodeURIComponent(most), 'most of it, URL-encoded'],
    [JSON.stringify(most).slice(1, -1), 'most of it, in JSON'],
    [most, 'most of it'],
  ]
  return new Map(all.filter(([text]) => text.length >= SHORTEST))
}

/** What stays the same of its base64 wherever in a longer text it stands. */
function insideBase64(bytes: Buffer, offset: number): readonly (readonly [string, string])[] {
  const padded = Buffer.concat([Buffer.alloc(offset), bytes])
  const begin = [0, 2, 3][offset] ?? 0
  const whole = Math.floor((padded.length * 8) / 6)
  return (['base64', 'base64url'] as const).map(
    (form) => [padded.toString(form).slice(begin, whole), form] as const,
  )
}

function escapeHtml(text: string): string {
  const entities: Readonly<Record<string, string>> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#39;',
  }
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? character)
}
