import { afterAll, beforeAll, expect, test } from 'vitest'
import { type StateDatabase, stateDatabase } from '../results/state-database.ts'
import { onlyChecks, startServe, type TestWorker } from '../support/worker.ts'
import { judgeIngest, stepJudge } from './judge-ingest.ts'
import { readStored, waitForShown } from './read-totals.ts'
import { readShown } from './shown-totals.ts'
import { createStorm, type Storm, total } from './storm.ts'

const TOKEN = 'Y2hhb3MgaW4gYSB0ZXN0IG9ubHk1Njc4OTA'
const EVENTS = 200

let state: StateDatabase
let worker: TestWorker
let storm: Storm
/** What the worker shows when all of it is counted. */
let exposition: string
/** One of the lines with more than no events. */
let line: string

beforeAll(async () => {
  state = await stateDatabase()
  worker = await startServe({
    env: { DATABASE_URL: state.url, STATE_DATABASE_URL: state.url, AUTHWATCH_INGEST_TOKEN: TOKEN },
    config: {
      servers: [{ name: 'crm-a', url: 'http://127.0.0.1:9' }],
      checks: onlyChecks(['user.population'], { every: '1h' }),
    },
  })
  storm = createStorm({ url: `${worker.url}/ingest`, token: TOKEN, servers: ['crm-a'] })
  await Promise.all(storm.sources.map(({ emit }) => emit(EVENTS, AbortSignal.abort())))
  await Promise.all(storm.sources.map(({ client }) => client.close(10_000)))
  await waitForShown(worker, EVENTS)
  exposition = await worker.metrics()
  line = /^authwatch_auth_events_total\{.*\} [1-9]\d*$/m.exec(exposition)?.[0] ?? ''
})

afterAll(async () => {
  await worker?.[Symbol.asyncDispose]()
  await state?.[Symbol.asyncDispose]()
})

/** What the driver has at the end of a run in which nothing was broken. */
async function healthy() {
  const stored = await readStored(state.url)
  const ends = { dropped: 0, delivered: true, stepsBack: [], scrapes: 1 }
  return { sent: storm.sent, stored, shown: readShown(exposition), ...ends }
}

/** The exposition with that line at another number. */
const withLine = (value: number) => exposition.replace(line, line.replace(/\d+$/, String(value)))
const countOf = () => Number(line.split(' ').at(-1))

test('nothing is wrong with events that are stored and shown as they were sent', async () => {
  const report = await healthy()
  expect(total(report.sent.events)).toBe(EVENTS)
  expect(judgeIngest(report)).toEqual([])
})

test('an event that is stored twice is complained about, by its series', async () => {
  const [row] = await state.query('select * from auth_event_counter where count > 0 limit 1')
  const { server, operation, outcome, reason, count } = row ?? {}
  const where = 'where server = $1 and operation = $2 and outcome = $3 and reason = $4'
  const add = (n: number) =>
    state.query(`update auth_event_counter set count = count + ${n} ${where}`, [
      ...[server, operation, outcome, reason],
    ])
  await add(1)
  try {
    expect(judgeIngest(await healthy())).toEqual([
      `events ${server} ${operation} ${outcome} ${reason}: ${count} sent, ${Number(count) + 1} stored`,
    ])
  } finally {
    await add(-1)
  }
  expect(judgeIngest(await healthy())).toEqual([])
})

test('an event that is not shown is complained about, and so is one that was only timed', async () => {
  const less = { ...(await healthy()), shown: readShown(withLine(countOf() - 1)) }
  expect(judgeIngest(less)).toEqual([
    expect.stringMatching(new RegExp(`^events crm-a .*: ${countOf()} sent, ${countOf() - 1} shown$`)),
  ])
  const timed = /^(authwatch_auth_duration_seconds_count\{.*\}) ([1-9]\d*)$/m.exec(exposition)
  const [whole = '', series = '', times = ''] = timed ?? []
  const more = exposition.replace(whole, `${series} ${Number(times) + 1}`)
  expect(judgeIngest({ ...(await healthy()), shown: readShown(more) })).toEqual([
    expect.stringMatching(new RegExp(`^timed crm-a .*: ${times} sent, ${Number(times) + 1} shown$`)),
  ])
})

test.each([
  [{ dropped: 3 }, '3 events were given up'],
  [{ delivered: false }, 'a source could not deliver what it had'],
  [{ scrapes: 0 }, 'nothing was scraped'],
])('a run that ended with %o is complained about', async (fault, complaint) => {
  expect(judgeIngest({ ...(await healthy()), ...fault })).toEqual([complaint])
})

test('a counter that shows less than before is complained about, though all of them together show more', async () => {
  const judge = stepJudge()
  expect([exposition, exposition, withLine(countOf() + 1)].flatMap(judge)).toEqual([])
  // Another one has grown by more than this one has lost.
  const others = /^authwatch_auth_events_total\{.*\} \d+$/gm
  const grown = withLine(countOf()).replace(others, (each) =>
    each === line ? each : each.replace(/\d+$/, (count) => String(Number(count) + 1)),
  )
  const back = judge(grown)
  expect(back).toEqual([expect.stringMatching(/^events crm-a /)])
  expect(back).toEqual([expect.stringContaining(` went from ${countOf() + 1} to ${countOf()}`)])
  expect(judgeIngest({ ...(await healthy()), stepsBack: back })).toEqual(back)
})

test('a worker that does not know the totals yet shows none, which is no step back', () => {
  const judge = stepJudge()
  const unknowing = exposition.replace(/^.*authwatch_auth_.*\n/gm, '')
  expect([exposition, unknowing, exposition].flatMap(judge)).toEqual([])
})
