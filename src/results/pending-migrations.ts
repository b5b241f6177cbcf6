import type { Migration } from './read-migrations.ts'
import { StateError } from './state-error.ts'

/** A row of Prisma's ledger. */
export interface LedgerEntry {
  readonly name: string
  readonly checksum: string
  readonly finished: boolean
  readonly rolledBack: boolean
}

/** What is still to be applied, oldest first. Throws StateError when the ledger and we do not agree. */
export function pendingMigrations(
  known: readonly Migration[],
  ledger: readonly LedgerEntry[],
): readonly Migration[] {
  const entries = ledger.filter(({ rolledBack }) => !rolledBack)
  for (const { name, checksum, finished } of entries) {
    const migration = known.find((candidate) => candidate.name === name)
    if (migration === undefined) {
      const message = `the state database was made by a newer authwatch: it has migration ${name}`
      throw new StateError('ERR_STATE_NEWER', message)
    }
    if (!finished) {
      const message = `migration ${name} failed half-way; repair it, then mark it with \`prisma migrate resolve\``
      throw new StateError('ERR_STATE_FAILED_MIGRATION', message)
    }
    if (migration.checksum !== checksum) {
      const message = `migration ${name} is not the one that was applied to the state database`
      throw new StateError('ERR_STATE_CHECKSUM', message)
    }
  }
  const applied = new Set(entries.map(({ name }) => name))
  return known.filter(({ name }) => !applied.has(name))
}
