import { setTimeout as sleep } from 'node:timers/promises'
import { parseExposition } from '../metrics/parse-exposition.ts'
import type { Monitoring } from './monitoring.ts'
import { WORKERS, type World } from './world.ts'

const POLL_MS = 500
const HEALTHY_WITHIN_MS = 150_000
/** So long nothing but the dead man's switch may be about to fire. */
const QUIET_MS = 4_000
const RUN_WITHIN_MS = 90_000

/** Whatever is about to fire or fires, but for what always does. */
const TROUBLE =
  'count by (alertname, target, instance, server, alertstate) (ALERTS{alertname!="AuthwatchWatchdog"})'
const WRONG = 'max by (check, target, state) (authwatch_check_state{state=~"fail|error"}) == 1'
const WORKERS_UP = 'count(authwatch_build_info)'

/**
 * Until both workers are scraped, every check passes or is skipped, the dead man's switch has been heard, and nothing
 * else is about to fire.
 * @throws {Error} that says what was wrong at the end
 */
export async function untilHealthy(monitoring: Monitoring): Promise<void> {
  const deadline = Date.now() + HEALTHY_WITHIN_MS
  let quietSince = Number.POSITIVE_INFINITY
  let trouble: readonly string[] = []
  while (Date.now() < deadline) {
    trouble = await troubles(monitoring)
    if (trouble.length > 0) quietSince = Number.POSITIVE_INFINITY
    else if (quietSince === Number.POSITIVE_INFINITY) quietSince = Date.now()
    if (Date.now() - quietSince >= QUIET_MS) return
    await sleep(POLL_MS)
  }
  throw new Error(`not healthy before it began: ${trouble.join('; ')}`)
}

async function troubles({ prometheus, receiver }: Monitoring): Promise<readonly string[]> {
  const up = (await prometheus.query(WORKERS_UP))[0]?.value ?? 0
  const heard = receiver.told().some(({ receiver: name }) => name === 'dead-man')
  const told = receiver.told().filter(({ receiver: name }) => name !== 'dead-man')
  const bad = [...(await prometheus.query(WRONG)), ...(await prometheus.query(TROUBLE))]
  return [
    ...(up === WORKERS.length ? [] : [`${up} workers are scraped`]),
    ...(heard ? [] : ['the dead man’s switch was not heard']),
    ...told.map(({ receiver: name, labels }) => `${name} was told of ${labels.alertname}`),
    ...bad.map(({ labels }) => Object.values(labels).join(' ')),
  ]
}

/** Until each check has been begun after now, so that nothing is left of what was before. */
export async function afterEveryCheck(world: World): Promise<void> {
  const since = Date.now() / 1_000
  const deadline = Date.now() + RUN_WITHIN_MS
  for (;;) {
    const behind = await lastRuns(world)
    const late = behind.filter(({ value }) => value < since)
    if (behind.length > 0 && late.length === 0) return
    if (Date.now() > deadline) {
      const names = late.map(({ labels }) => `${labels.check} ${labels.target}`)
      throw new Error(`not run again in ${RUN_WITHIN_MS} ms: ${names.join(', ')}`)
    }
    await sleep(POLL_MS)
  }
}

async function lastRuns(world: World) {
  const text = await world.worker('worker-a').metrics()
  const family = parseExposition(text, 'text').get('authwatch_check_last_run_timestamp_seconds')
  return family?.samples ?? []
}
