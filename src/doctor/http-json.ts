/** Bytes of an answer that are read: the rules of a large Prometheus are some megabytes. */
const MAX_BODY = 32 * 1024 * 1024
const TIMEOUT_MS = 5_000

export interface Reply {
  readonly status: number
  readonly text: string
}

/** As `request`; undefined: nobody answered. */
export async function get(base: string, path: string): Promise<Reply | undefined> {
  return request(base, path).catch(() => undefined)
}

/**
 * GETs a path below a base URL, whose user and password become basic authentication. Rejects when nobody answers in time,
 * or with more than is read.
 */
export async function request(base: string, path: string): Promise<Reply> {
  const url = new URL(base)
  const { username, password } = url
  url.username = ''
  url.password = ''
  const credentials = Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`)
  const headers: Record<string, string> =
    username === '' ? {} : { authorization: `Basic ${credentials.toString('base64')}` }
  const target = url.href.replace(/\/$/, '') + path
  const signal = AbortSignal.timeout(TIMEOUT_MS)
  const answer = await fetch(target, { headers, signal, redirect: 'manual' })
  let text = ''
  const decoder = new TextDecoder()
  for await (const chunk of answer.body ?? []) {
    text += decoder.decode(chunk, { stream: true })
    if (text.length > MAX_BODY) throw new RangeError('the answer is too long')
  }
  return { status: answer.status, text }
}

/** The answer's JSON when it came with 200; else why there is none, in words. */
export async function getJson(
  base: string,
  path: string,
): Promise<{ readonly json: unknown } | { readonly why: string }> {
  const reply = await get(base, path)
  if (reply === undefined) return { why: 'nobody answers there' }
  if (reply.status === 401 || reply.status === 403)
    return { why: `it asks for credentials (${reply.status}); write them into the URL` }
  if (reply.status !== 200) return { why: `it answers ${reply.status}` }
  try {
    return { json: JSON.parse(reply.text) }
  } catch {
    return { why: 'it does not answer with JSON' }
  }
}
