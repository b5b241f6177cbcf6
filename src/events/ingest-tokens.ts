import { createHash, timingSafeEqual } from 'node:crypto'

/** Tells who may report events. */
export interface IngestTokens {
  /** False: nobody may, because no token is configured. */
  readonly configured: boolean
  /** Whether an `Authorization` header carries one of the tokens. Takes as long for a near miss as for a wild one. */
  accepts(authorization: string | undefined): boolean
}

/** Several tokens are good at once while they are exchanged. */
export function ingestTokens(tokens: readonly string[]): IngestTokens {
  const expected = tokens.map(digest)
  return {
    configured: expected.length > 0,
    accepts: (authorization = '') => {
      const given = digest(/^bearer +(\S+)$/i.exec(authorization)?.[1] ?? '')
      // All of them, so that the time does not tell which one it was.
      const matches = expected.map((each) => timingSafeEqual(each, given))
      return matches.includes(true)
    },
  }
}

/** Of equal length whatever was given, which the comparison asks for. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
