import { againAndAgain } from './again-and-again.ts'
import { everyShows, type Fault, someErrs } from './fault.ts'
import { lockTable } from './lock-table.ts'
import { isProbe, type Watched } from './watched.ts'

/** An interval until somebody looks, the time a look may take, and a busy machine. */
const WITHIN_MS = 22_000
const SLOW_MS = 1_300
const RESET_LATENCY_MS = 120
const RESET_EVERY_MS = 200

const ofDatabase = (watched: Watched) => !isProbe(watched)
const ofSessions = ({ check }: Watched) => check.startsWith('session.')
const common = { family: 'application', withinMs: WITHIN_MS } as const

export const applicationFaults: readonly Fault[] = [
  {
    ...common,
    ...{ name: 'application database stopped', metric: 'authwatch_database_up 0' },
    async begin({ application }) {
      await application.stop()
      const end = () => application.start()
      return { shows: everyShows('authwatch_database_up', 0), blinds: ofDatabase, end }
    },
  },
  {
    ...common,
    ...{ name: 'application database hangs', metric: 'authwatch_check_state error' },
    async begin({ application }) {
      await application.pause()
      return { shows: someErrs(ofDatabase), blinds: ofDatabase, end: async () => application.resume() }
    },
  },
  {
    ...common,
    ...{ name: 'session table locked', metric: 'authwatch_check_state error' },
    async begin({ fleet }) {
      const lock = await lockTable(fleet.databaseUrl, 'session')
      const end = async () => lock[Symbol.asyncDispose]()
      return { shows: someErrs(ofSessions), blinds: ofSessions, end }
    },
  },
  {
    ...common,
    ...{ name: 'application database slow', metric: 'authwatch_check_state error' },
    async begin({ application: { route } }) {
      route.slow(SLOW_MS)
      return { shows: someErrs(ofDatabase), end: async () => route.slow(0) }
    },
  },
  {
    ...common,
    ...{
      name: 'application database resets connections in the middle',
      metric: 'authwatch_check_state error',
    },
    async begin({ application: { route } }) {
      route.slow(RESET_LATENCY_MS)
      const endCutting = againAndAgain(RESET_EVERY_MS, () => route.cut())
      const end = async () => {
        await endCutting()
        route.slow(0)
      }
      return { shows: someErrs(ofDatabase), end }
    },
  },
  {
    ...common,
    ...{ name: 'server hangs', metric: 'authwatch_probe_success 0' },
    async begin({ fleet }, random) {
      const { name } = random.pick(fleet.servers)
      await fleet.restart(name, { hang: true })
      const labels = { server: name, probe: 'server.not_answering' }
      return {
        about: name,
        shows: (looks) => looks.some(({ seen }) => seen?.value('authwatch_probe_success', labels) === 0),
        blinds: ({ check, target }) => check === labels.probe && target === name,
        end: () => fleet.restart(name, { hang: false }),
      }
    },
  },
]
