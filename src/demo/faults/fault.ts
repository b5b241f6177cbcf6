import type { ClientBase } from 'pg'
import type { z } from 'zod'
import type { Fleet } from '../fleet.ts'
import type { Seeded } from '../seed.ts'
import { FaultError } from './fault-error.ts'
import { openLedger } from './ledger.ts'

/** The demo that a fault is put into. */
export interface DemoContext {
  readonly fleet: Fleet
  readonly seeded: Seeded
  /** The application's. */
  readonly databaseUrl: string
}

export interface Fault {
  /** `F03`; kinds of one fault that exclude each other have a letter more, as in `F10b`. */
  readonly id: `F${string}`
  /** What is true while it is on. */
  readonly title: string
  /** @throws FaultError when it is on already, or when another fault changes the same thing */
  on(demo: DemoContext): Promise<void>
  /**
   * Restores what was before.
   * @throws FaultError when it is not on
   */
  off(demo: DemoContext): Promise<void>
}

/** Where a fault is made and mended. */
export interface Site extends DemoContext {
  /** In a transaction, which a failure rolls back. */
  readonly database: ClientBase
  /** What else has to be undone when the fault cannot be made; run last first, after the rollback. */
  onFailure(undo: () => Promise<void>): void
}

export interface FaultSpec<Memo> extends Pick<Fault, 'id' | 'title'> {
  /**
   * What is the fault's alone while it is on, such as a setting of a server (`crm-b:secret`): of two faults that
   * change the same thing, one would not be true.
   */
  claims(demo: DemoContext): readonly string[]
  /** What `mend` must know of the time before; kept in the database, so never a secret. */
  readonly memo: z.ZodType<Memo>
  make(site: Site): Promise<Memo>
  mend(site: Site, memo: Memo): Promise<void>
}

export function fault<Memo>(spec: FaultSpec<Memo>): Fault {
  const { id, title } = spec
  return {
    id,
    title,
    async on(demo) {
      const undo: (() => Promise<void>)[] = []
      const onFailure: Site['onFailure'] = (step) => void undo.push(step)
      await using ledger = await openLedger(demo.databaseUrl)
      const { database } = ledger
      try {
        await ledger.claim({ id, claims: spec.claims(demo) })
        await ledger.enter({ id, memo: await spec.make({ ...demo, database, onFailure }) })
        await ledger.commit()
      } catch (cause) {
        // Without the connection the server rolls back by itself.
        await ledger.rollback().catch(() => {})
        const failures = await undoAll(undo)
        if (failures.length === 0) throw cause
        throw new FaultError('ERR_FAULT_FAILED', `${id} could be neither made nor undone.`, {
          cause: new AggregateError([cause, ...failures]),
        })
      }
    },
    async off(demo) {
      await using ledger = await openLedger(demo.databaseUrl)
      const { database } = ledger
      const memo = spec.memo.parse(await ledger.leave(id))
      await spec.mend({ ...demo, database, onFailure: () => {} }, memo)
      await ledger.commit()
    },
  }
}

async function undoAll(steps: readonly (() => Promise<void>)[]): Promise<readonly unknown[]> {
  const failures: unknown[] = []
  for (const step of steps.toReversed()) await step().catch((cause: unknown) => failures.push(cause))
  return failures
}
