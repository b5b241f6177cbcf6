import type { Answer } from '../catalogue/probe.ts'

/** better-auth's error codes; anything else that stands in their place is the server's to choose and is not shown. */
const CODE = /^[A-Z][A-Z0-9_]{0,79}$/
/** Without parameters, and bounded. */
const MEDIA_TYPE = /^[\w.+-]{1,40}\/[\w.+-]{1,60}/

/** What a finding may tell of an answer: nothing in it is secret or about a person. */
export function answerFacts(answer: Answer): Readonly<Record<string, string>> {
  const type = MEDIA_TYPE.exec(answer.header('content-type') ?? '')?.[0] ?? 'none'
  const code = errorCode(answer)
  return { status: String(answer.status), type, ...(code === undefined ? {} : { code }) }
}

/** The error code in better-auth's answer, such as `INVALID_ORIGIN`. */
export function errorCode(answer: Answer): string | undefined {
  const body = answer.json()
  if (typeof body !== 'object' || body === null || !('code' in body)) return undefined
  return typeof body.code === 'string' && CODE.test(body.code) ? body.code : undefined
}
