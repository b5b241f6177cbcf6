import { StateError } from './state-error.ts'

interface Waiting<T> {
  readonly item: T
  readonly done: () => void
  readonly failed: (cause: unknown) => void
}

export interface CommitTogetherOptions<T> {
  /** Those of the items, oldest first, that one transaction may hold; at least one. */
  readonly next: (waiting: readonly T[]) => readonly T[]
  /** Stores all of the group or nothing. */
  readonly commit: (group: readonly T[]) => Promise<void>
}

/**
 * Commits together what arrives while the commit before is under way. What comes alone waits for nobody; under load
 * the cost of a transaction, most of which is the wait for the disk, is shared. Callers bound how many wait.
 */
export function commitTogether<T>({ next, commit }: CommitTogetherOptions<T>): (item: T) => Promise<void> {
  let waiting: readonly Waiting<T>[] = []
  let committing = false

  const commitGroup = async (group: readonly Waiting<T>[]): Promise<void> => {
    try {
      await commit(group.map(({ item }) => item))
      for (const { done } of group) done()
    } catch (cause) {
      // One that the database refuses must not keep the others out.
      if (group.length > 1 && !isUnreachable(cause)) {
        for (const each of group) await commitGroup([each])
      } else {
        for (const { failed } of group) failed(cause)
      }
    }
  }

  const commitAll = async (): Promise<void> => {
    if (committing) return
    committing = true
    while (waiting.length > 0) {
      const items = new Set(next(waiting.map(({ item }) => item)))
      const group = waiting.filter(({ item }) => items.has(item))
      waiting = waiting.filter(({ item }) => !items.has(item))
      await commitGroup(group)
    }
    committing = false
  }

  return (item) =>
    new Promise((done, failed) => {
      waiting = [...waiting, { item, done, failed }]
      void commitAll()
    })
}

function isUnreachable(cause: unknown): boolean {
  return cause instanceof StateError && cause.code === 'ERR_STATE_UNREACHABLE'
}
