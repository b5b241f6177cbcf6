/** A check's permanent name, `<subject>.<condition>` in snake case: metric label, file, alert, runbook heading. */
export type CheckId = `${string}.${string}`

const pascal = (snake: string): string =>
  snake
    .split(/[._]/)
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('')

/** `session.expired_backlog` → `AuthwatchSessionExpiredBacklog`; also the heading of its runbook section. */
export function alertName(id: CheckId): string {
  return `Authwatch${pascal(id)}`
}

/** `session.expired_backlog` → `authwatchsessionexpiredbacklog`, as Markdown renderers slug that heading. */
export function runbookAnchor(id: CheckId): string {
  return alertName(id).toLowerCase()
}

/** `session.expired_backlog` → `session/expired-backlog.ts`, below `src/checks` or `src/probes`. */
export function sourcePath(id: CheckId): string {
  return `${id.replace('.', '/').replaceAll('_', '-')}.ts`
}

/** The subject part: `session.expired_backlog` → `session`. */
export function subjectOf(id: CheckId): string {
  return id.slice(0, id.indexOf('.'))
}

/** The other part: `session.expired_backlog` → `expired_backlog`. */
export function conditionOf(id: CheckId): string {
  return id.slice(id.indexOf('.') + 1)
}
