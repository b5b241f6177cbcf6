import { parseArgs } from 'node:util'
import { ingestChaos } from './ingest-chaos.ts'
import { type Tallied, total } from './storm.ts'

// The long form of `test/events/chaos.test.ts`: tsx test/chaos/ingest.ts [--events 1000000] [--kills 20]
// Takes some minutes; exits 0 when what was counted is what was sent, to the unit.

const { values } = parseArgs({
  options: {
    events: { type: 'string', default: '1000000' },
    kills: { type: 'string', default: '20' },
    'state-restarts': { type: 'string', default: '4' },
    'redis-restarts': { type: 'string', default: '4' },
  },
})

const report = await ingestChaos({
  events: Number(values.events),
  kills: Number(values.kills),
  stateRestarts: Number(values['state-restarts']),
  redisRestarts: Number(values['redis-restarts']),
  onProgress: (line) => process.stderr.write(`${line}\n`),
})

const differing = (a: Tallied, b: Tallied): number => {
  const keys = new Set([...a.events.keys(), ...b.events.keys()])
  const times = new Set([...a.timed.keys(), ...b.timed.keys()])
  return (
    [...keys].filter((key) => a.events.get(key) !== b.events.get(key)).length +
    [...times].filter((key) => a.timed.get(key) !== b.timed.get(key)).length
  )
}

const { sent, stored, shown, dropped, stepsBack, ...rest } = report
const wrong = differing(sent, stored) + differing(sent, shown) + dropped + stepsBack
const lines = {
  ...{
    sent: total(sent.events),
    stored: total(stored.events),
    shown: total(shown.events),
    dropped,
    stepsBack,
  },
  seriesThatDiffer: differing(sent, stored) + differing(sent, shown),
  ...rest,
}
process.stdout.write(`${JSON.stringify(lines, undefined, 2)}\n`)
process.exitCode = wrong === 0 ? 0 : 1
