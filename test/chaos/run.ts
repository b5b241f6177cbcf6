import { parseArgs } from 'node:util'
import { runIngest } from './ingest.ts'
import { runSchedule } from './schedule/run-schedule.ts'
import { QUEUES } from './schedule/world.ts'

const USAGE = `npm run chaos -- [schedule|ingest] [--seed 7] [--minutes 10] [--workers 1,2,4] [--queue redis|postgres]
    [--events 1000000] [--kills 20] [--write]
  schedule   break what the schedule of checks stands on, with each number of workers and each queue in turn
  ingest     kill what counts events, and compare what was sent with what was counted
  --write    renew docs/chaos.md with what was seen
  Without a name, both; without a queue, each in turn.`

function options() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      seed: { type: 'string' },
      minutes: { type: 'string', default: '10' },
      workers: { type: 'string', default: '1,2,4' },
      queue: { type: 'string', default: QUEUES.join(',') },
      events: { type: 'string', default: '1000000' },
      kills: { type: 'string', default: '20' },
      'state-restarts': { type: 'string', default: '4' },
      'redis-restarts': { type: 'string', default: '4' },
      write: { type: 'boolean', default: false },
    },
  })
  const whole = (text: string, most: number): number => {
    const value = Number(text)
    if (!Number.isInteger(value) || value < 0 || value > most) throw new Error(USAGE)
    return value
  }
  const minutes = Number(values.minutes)
  if (!(minutes > 0 && minutes <= 600)) throw new Error(USAGE)
  if (positionals.some((name) => name !== 'schedule' && name !== 'ingest')) throw new Error(USAGE)
  const queues = QUEUES.filter((name) => values.queue.split(',').includes(name))
  if (queues.length < values.queue.split(',').length) throw new Error(USAGE)
  const names = positionals.length === 0 ? ['schedule', 'ingest'] : positionals
  const seed =
    values.seed === undefined ? Math.floor(Math.random() * 1_000_000) : whole(values.seed, 2 ** 32 - 1)
  return {
    ...{ names, minutes, seed, queues, write: values.write },
    workers: values.workers.split(',').map((text) => Math.max(1, whole(text, 16))),
    ingest: {
      events: whole(values.events, 1e9),
      kills: whole(values.kills, 1_000),
      stateRestarts: whole(values['state-restarts'], 1_000),
      redisRestarts: whole(values['redis-restarts'], 1_000),
    },
  }
}

/** What was started must be ended, and what was mounted unmounted, also when we are told to stop. */
function untilTold(): AbortSignal {
  const ending = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => ending.abort())
  return ending.signal
}

const { names, ingest, ...schedule } = options()
const signal = untilTold()
let well = true
if (names.includes('schedule')) well = (await runSchedule({ ...schedule, signal })) && well
if (names.includes('ingest')) well = (await runIngest({ ...ingest, write: schedule.write })) && well
process.exitCode = well ? 0 : 1
