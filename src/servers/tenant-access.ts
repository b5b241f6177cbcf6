import type { Answer, RequestOptions, ServerClient } from '../catalogue/probe.ts'
import { ask } from './ask.ts'
import { refusedAnswer } from './refused-answer.ts'

export interface TenantAccess {
  readonly granted: boolean
  readonly answer: Answer
}

/** An application may hide that an organization exists from those who do not belong to it. */
const REFUSALS: ReadonlySet<number> = new Set([401, 403, 404])

/** Asks for what only members of an organization get. Throws Refusal when the answer is neither yes nor no. */
export async function tenantAccess(
  server: ServerClient,
  { route, tenant, ...options }: RequestOptions & { readonly route: string; readonly tenant: string },
): Promise<TenantAccess> {
  const headers = { ...options.headers, 'x-tenant-id': tenant }
  const answer = await ask(server, route, { ...options, headers })
  const granted = answer.status >= 200 && answer.status <= 299
  if (!granted && !REFUSALS.has(answer.status)) throw refusedAnswer(answer)
  return { granted, answer }
}
