import { againAndAgain } from './again-and-again.ts'
import { everyShows, type Fault, SHOWS_NOTHING } from './fault.ts'
import { lockTable } from './lock-table.ts'
import { STATE_NAME } from './world.ts'

/** Looked at every five seconds, and given up after two. */
const WITHIN_MS = 15_000
const DELETE_EVERY_MS = 50
const JOBS = 'authwatch_queue.job'

/** Of the state's family, since its server cannot be stopped below them. */
const common: Pick<Fault, 'family' | 'withinMs' | 'missing'> = {
  ...{ family: 'state', withinMs: WITHIN_MS },
  missing: ({ redis }) => (redis === undefined ? undefined : 'the queue is in Redis'),
}

/** What can happen to a queue in PostgreSQL alone, while the state beside it is well. */
export const queueFaults: readonly Fault[] = [
  {
    ...{ ...common, name: 'jobs in PostgreSQL locked', metric: 'authwatch_queue_up 0' },
    async begin({ state }) {
      const lock = await lockTable(state.url(STATE_NAME), JOBS)
      return { shows: everyShows('authwatch_queue_up', 0), end: async () => lock[Symbol.asyncDispose]() }
    },
  },
  {
    ...{ ...common, name: 'jobs in PostgreSQL deleted, again and again', metric: null },
    why: 'As with Redis: what is lost is run all the same.',
    async begin({ state }) {
      const end = againAndAgain(DELETE_EVERY_MS, () => state.query(STATE_NAME, `delete from ${JOBS}`))
      return { shows: SHOWS_NOTHING, end }
    },
  },
]
