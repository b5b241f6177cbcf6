import { setTimeout as sleep } from 'node:timers/promises'
import type { Fault, Injected } from './fault.ts'
import type { WorkerSlot } from './worker-slot.ts'

const SILENT_WITHIN_MS = 8_000
const OFFSET_WITHIN_MS = 8_000
const LONGEST_PAUSE_MS = 1_500

const silent =
  (slot: WorkerSlot): Injected['shows'] =>
  (looks) =>
    looks.some((look) => look.slot === slot && look.seen === undefined)

export const workerFaults: readonly Fault[] = [
  {
    name: 'worker killed',
    family: 'worker',
    metric: 'up 0 (no answer to a scrape)',
    withinMs: SILENT_WITHIN_MS,
    async begin({ slots }, random) {
      const slot = random.pick(slots)
      await slot.kill()
      return { about: slot.name, shows: silent(slot), end: () => slot.start() }
    },
  },
  {
    name: 'worker frozen',
    family: 'worker',
    metric: 'up 0 (no answer to a scrape)',
    withinMs: SILENT_WITHIN_MS,
    async begin({ slots }, random) {
      const slot = random.pick(slots)
      slot.freeze()
      return { about: slot.name, shows: silent(slot), end: async () => slot.thaw() }
    },
  },
  {
    name: 'worker’s clock steps',
    family: 'worker',
    metric: 'authwatch_clock_offset_seconds',
    withinMs: OFFSET_WITHIN_MS,
    async begin({ slots }, random) {
      const slot = random.pick(slots)
      const seconds = random.pick([-7_200, -600, -45, 45, 600, 7_200])
      // A first step, and the second before everybody has got used to it.
      await slot.setClock(-seconds * 500)
      await sleep(random.between(0, LONGEST_PAUSE_MS))
      await slot.setClock(seconds * 1_000)
      const isOff = (offset: number | undefined) => Math.abs((offset ?? 0) - seconds) < 5
      return {
        about: `${slot.name} by ${seconds} s`,
        shows: (looks) =>
          looks.some(
            (look) => look.slot === slot && isOff(look.seen?.value('authwatch_clock_offset_seconds')),
          ),
        end: () => slot.setClock(0),
      }
    },
  },
]
