import { setTimeout as sleep } from 'node:timers/promises'
import { alarmOf } from './alarm.ts'
import { untilHealthy } from './health.ts'
import type { Soak } from './matrix-file.ts'
import { startMonitoring } from './monitoring.ts'
import type { World } from './world.ts'

/** Watches a healthy world for so many minutes: nobody must be told of anything. */
export async function soak(world: World, minutes: number): Promise<Soak> {
  await using monitoring = await startMonitoring(world)
  await untilHealthy(monitoring)
  const at = new Date().toISOString()
  await sleep(minutes * 60_000)
  const count = async (expr: string) => Math.round((await monitoring.prometheus.query(expr))[0]?.value ?? 0)
  const range = `[${minutes}m]`
  const told = monitoring.receiver.told().filter(({ receiver }) => receiver !== 'dead-man')
  return {
    ...{ at, minutes },
    told: told.map(({ receiver, labels }) => `${receiver}: ${alarmOf(labels, world)}`),
    scrapes: await count(`sum(count_over_time(up${range}))`),
    runs: await count(`sum(max without (instance) (increase(authwatch_check_runs_total${range})))`),
    signIns: await count(
      `sum(max without (instance) (increase(authwatch_auth_events_total{operation=~"sign_in_.+"}${range})))`,
    ),
  }
}
