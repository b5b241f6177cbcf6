import { setTimeout as sleep } from 'node:timers/promises'
import type { Fault } from './fault.ts'
import type { WorkerSlot } from './worker-slot.ts'

/** A scrape is given up after three seconds, and a clock is compared as often as the state is asked. */
const WITHIN_MS = 8_000
const LONGEST_PAUSE_MS = 1_500

const common = { family: 'worker', withinMs: WITHIN_MS } as const

/** A worker that is gone, in one way or another; `take` answers what brings it back. */
function silence(name: string, take: (slot: WorkerSlot) => Promise<() => Promise<void>>): Fault {
  return {
    ...{ ...common, name, metric: 'up 0 (no answer to a scrape)' },
    async begin({ slots }, random) {
      const slot = random.pick(slots)
      const end = await take(slot)
      return {
        about: slot.name,
        shows: (looks) => looks.some((look) => look.slot === slot && look.seen === undefined),
        end,
      }
    },
  }
}

export const workerFaults: readonly Fault[] = [
  silence('worker killed', async (slot) => {
    await slot.kill()
    return () => slot.start()
  }),
  silence('worker frozen', async (slot) => {
    slot.freeze()
    return async () => slot.thaw()
  }),
  {
    ...{ ...common, name: 'worker’s clock steps', metric: 'authwatch_clock_offset_seconds' },
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
