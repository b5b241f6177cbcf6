import type { Answer } from '../catalogue/probe.ts'

/** Members of an error's body that say why; the others may differ from request to request. */
const SAYING_WHY = ['code', 'error', 'message'] as const

/** Whether two answers refuse for the same reason, as far as a client can tell. */
export function sameRefusal(one: Answer, other: Answer): boolean {
  return reasonOf(one) === reasonOf(other)
}

function reasonOf(answer: Answer): string {
  const body = answer.json()
  const fields = typeof body === 'object' && body !== null ? new Map(Object.entries(body)) : new Map()
  return JSON.stringify([answer.status, ...SAYING_WHY.map((name) => fields.get(name) ?? null)])
}
