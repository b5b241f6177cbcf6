import type { Answer } from '../catalogue/probe.ts'

export type CorsFault = 'not_allowed' | 'wildcard' | 'repeated' | 'no_credentials'

/** What keeps a browser from giving the answer of a request with credentials to this origin; null when nothing does. */
export function corsFault(answer: Answer, origin: string): CorsFault | null {
  const allowed = answer.values('access-control-allow-origin')
  // Proxy and application both add the header: browsers then refuse both.
  if (allowed.length > 1 || allowed[0]?.includes(',') === true) return 'repeated'
  if (allowed[0] === '*') return 'wildcard'
  if (allowed[0] !== origin) return 'not_allowed'
  return answer.header('access-control-allow-credentials') === 'true' ? null : 'no_credentials'
}

/** Whether a browser shows this origin the answer to a request without credentials, or with them. */
export function corsGrants(answer: Answer, origin: string): 'nothing' | 'public' | 'credentials' {
  const allowed = answer.header('access-control-allow-origin')
  // A star opens what is public anyway: browsers take it for no request that carries a cookie.
  if (allowed !== origin) return 'nothing'
  return answer.header('access-control-allow-credentials') === 'true' ? 'credentials' : 'public'
}
