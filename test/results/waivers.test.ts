import { expect, test } from 'vitest'
import type { Result } from '../../src/catalogue/result.ts'
import { noReference } from '../../src/checks/api-key/no-reference.ts'
import { findingId } from '../../src/results/finding-id.ts'
import { openState } from '../../src/results/open-state.ts'
import { waiverBook } from '../../src/results/waiver-book.ts'
import { runUnit } from '../../src/run/run-unit.ts'
import { planUnits } from '../../src/scan/plan.ts'
import { watch } from '../run/watch.ts'
import { testDatabase } from '../support/database.ts'
import { failed, minutesAgo, passed } from './sample-results.ts'
import { stateDatabase } from './state-database.ts'

const worker = 'w'
const check = 'session.user_banned'
const limit = 100

/** A passed run that saw offenders which are waived. */
function withWaived(result: Result, keys: readonly string[]): Result {
  const { verdict } = result
  if (verdict.state !== 'pass' && verdict.state !== 'fail') return result
  return { ...result, verdict: { ...verdict, waived: keys.map((key) => ({ key, detail: { userId: key } })) } }
}

test('a finding is found by the first digits of its name', async () => {
  await using database = await stateDatabase()
  await using store = await openState(database)
  await store.save([failed({ at: minutesAgo(2), check, keys: ['a', 'b', 'ü"\\ñ'] })], { worker })
  for (const key of ['a', 'b', 'ü"\\ñ']) {
    const id = findingId({ check, target: 'shop', key })
    expect(id).toMatch(/^[0-9a-f]{10}$/)
    expect((await store.findingsNamed(id)).map((found) => found.key)).toEqual([key])
    expect(await store.findingsNamed(id.slice(0, 6))).toHaveLength(1)
  }
  expect(await store.findingsNamed('ffffffffff0')).toEqual([])
})

test('what is waived lives on in the findings, and is in no sample that is shown', async () => {
  await using database = await stateDatabase()
  await using store = await openState(database)
  await store.save([failed({ at: minutesAgo(3), check, keys: ['a', 'b'] })], { worker })
  await store.save([withWaived(failed({ at: minutesAgo(2), check, keys: ['a'] }), ['b'])], { worker })
  const { results } = await store.changesSince(0n)
  const [latest] = results
  expect(latest?.verdict.state === 'fail' && latest.verdict.findings.map(({ key }) => key)).toEqual(['a'])
  expect((await store.findings({ limit })).map(({ key }) => key)).toEqual(['a', 'b'])

  // The check passes: what is not waived is gone, what is waived is not.
  await store.save([withWaived(passed({ at: minutesAgo(1), check }), ['b'])], { worker })
  expect((await store.findings({ limit })).map(({ key }) => key)).toEqual(['b'])
  await store.save([passed({ at: minutesAgo(0), check })], { worker })
  const lives = await store.findings({ includeResolved: true, limit })
  expect(lives.map(({ key, resolvedAt }) => [key, resolvedAt]).toSorted()).toEqual([
    ['a', minutesAgo(1)],
    ['b', minutesAgo(0)],
  ])
})

test('a waiver is in force until its time or its end, and a new one takes the place of the old', async () => {
  await using database = await stateDatabase()
  await using store = await openState(database)
  const { waivers } = store
  const now = Date.now()
  const decision = { check, key: 'a', reason: 'a test account', by: 'ada' } as const
  expect(await waivers.list({ at: new Date() })).toEqual([])
  const first = await waivers.add({ ...decision, target: 'shop', until: now + 60_000 })
  expect(first).toMatchObject({ ...decision, target: 'shop', until: now + 60_000, endedAt: null })
  await waivers.add({ ...decision, target: 'shop', until: now + 120_000 })
  const everywhere = await waivers.add({ ...decision, key: 'b', target: null, until: now + 120_000 })
  expect((await waivers.list({ at: new Date() })).map(({ key, until }) => [key, until - now])).toEqual([
    ['b', 120_000],
    ['a', 120_000],
  ])

  let time = now
  const book = waiverBook({ store: waivers, clock: () => time })
  expect(book.keysOf({ check, target: 'shop' })).toEqual([])
  await book.sync()
  expect(book.keysOf({ check, target: 'shop' }).toSorted()).toEqual(['a', 'b'])
  expect(book.keysOf({ check, target: 'other' })).toEqual(['b'])
  expect(book.keysOf({ check: 'session.user_missing', target: 'shop' })).toEqual([])
  // By its own clock, also while nothing can be asked.
  time = now + 120_000
  expect(book.keysOf({ check, target: 'shop' })).toEqual([])

  const id = everywhere?.id ?? ''
  expect(await waivers.end({ id, by: 'bob' })).toBe(true)
  expect(await waivers.end({ id, by: 'bob' })).toBe(false)
  expect((await waivers.list({ at: new Date() })).map(({ key }) => key)).toEqual(['a'])
  const all = await waivers.list({ at: new Date(), ended: true })
  expect(all.map(({ key, endedBy }) => [key, endedBy])).toEqual([
    ['b', 'bob'],
    ['a', null],
    ['a', 'ada'],
  ])
})

test('a row whose id would write to a terminal is waived by its id as it is shown', async () => {
  await using application = await testDatabase()
  await using database = await stateDatabase()
  await using store = await openState(database)
  await using watched = watch(application.url)
  const book = waiverBook({ store: store.waivers, clock: Date.now })
  const target = watched.target.name
  const verdict = async () => {
    await book.sync()
    const waived = () => book.keysOf({ check: noReference.id, target })
    const [unit] = planUnits([noReference])
    const [result] = await runUnit(unit!, { target: watched.target, clock: Date.now, waived })
    const seen = result?.verdict
    if (seen?.state !== 'fail') return seen
    const keys = (findings: readonly { readonly key: string }[]) =>
      findings.map((each) => each.key).toSorted()
    return { findings: keys(seen.findings), waived: keys(seen.waived ?? []) }
  }
  for (const id of ['\u001b[2Jodd\u202e\n', 'even'])
    await application.insert('apiKey', { id, referenceId: '' })
  const key = '\\u{1b}[2Jodd\\u{202e}\\u{a}'
  expect(await verdict()).toEqual({ findings: [key, 'even'].toSorted(), waived: [] })

  const waiver = { check: noReference.id, target, by: 'ada', reason: 'known', until: Date.now() + 60_000 }
  await store.waivers.add({ ...waiver, key })
  expect(await verdict()).toEqual({ findings: ['even'], waived: [key] })
  expect(book.waiverOf({ check: noReference.id, target, key })).toMatchObject({ by: 'ada' })
})
