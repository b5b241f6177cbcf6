import { expect, test } from 'vitest'
import { judgeDoubles, judgeGaps } from '../schedule/judge-runs.ts'
import { judgeTotals } from '../schedule/judge-totals.ts'
import type { Window } from '../schedule/windows.ts'
import {
  lookOf,
  POPULATION,
  quietDiary,
  readRows,
  type Stage,
  saying,
  told,
  withRows,
  withSample,
} from './planted.ts'

const COLUMNS = 'target, check_id, started_at, duration_ms, state, offenders, tick, worker'
const FIRST = `(select * from check_run where check_id = '${POPULATION.check}' order by started_at limit 1) as first`
const FIRST_OF_EACH = `(select distinct on (target, check_id) * from check_run order by target, check_id, started_at) as first`

/** A second run of the check, so much later than its first, and for a tick so much later. */
const another = (run: {
  readonly laterS: number
  readonly tickLaterS: number
  readonly durationMs: number
}) =>
  `insert into check_run (${COLUMNS})
   select target, check_id, started_at + ${run.laterS} * interval '1 s', ${run.durationMs}, state, offenders,
          tick + ${run.tickLaterS} * interval '1 s', 'planted' from ${FIRST}`

/** Nine runs of every check before its first, ten seconds from one to the next; of one check some are missing. */
const history = (missing: readonly number[]) =>
  `insert into check_run (${COLUMNS})
   select target, check_id, started_at - n * interval '10 s', duration_ms, state, offenders,
          tick - n * interval '10 s', 'planted' from ${FIRST_OF_EACH}, generate_series(1, 9) as n
   where check_id <> '${POPULATION.check}' or n not in (${[0, ...missing].join(', ')})`

/** For when nothing runs any more. */
export function testJudgesOfRows(stage: Stage): void {
  testTotals(stage)
  testDoubles(stage)
  testGaps(stage)
}

/** What a second run is excused by. */
interface Excuse {
  readonly alone?: readonly Window[]
  readonly frozen?: readonly (Window & { readonly worker: string })[]
}

function tableOf(stage: Stage) {
  return {
    rows: () => readRows(stage.world(), stage.material().at),
    planted: <T>(sql: string, work: () => Promise<T>) => withRows(stage.world(), sql, work),
  }
}

function testTotals(stage: Stage): void {
  const { rows, planted } = tableOf(stage)

  test('a run that is in the table and in no counter is complained about, and so is one that was counted twice', async () => {
    const judged = async (metrics = stage.material().metrics) => {
      const [diary, look, runs] = [
        quietDiary(),
        lookOf(stage.world(), { ...stage.material(), metrics }),
        await rows(),
      ]
      const table = { read: async () => {}, all: () => runs }
      await judgeTotals({ newest: () => [look], table, diary, withinMs: 0 })
      return told(diary)
    }
    expect(await judged()).toEqual([])
    const passes = (await rows()).filter(
      ({ check, state }) => check === POPULATION.check && state === 'pass',
    ).length
    const place = 'user.population on crm, pass'
    const more = another({ laterS: -1, tickLaterS: 10, durationMs: 5 })
    expect(await planted(more, () => judged())).toEqual([
      [
        'a counter is wrong',
        `1 totals are not the rows: ${place}: ${passes} at worker-1, ${passes + 1} rows`,
      ],
    ])
    const labels = { ...POPULATION, outcome: 'pass' }
    const counted = withSample(
      stage.material().metrics,
      { name: 'authwatch_check_runs_total', labels },
      (n) => n + 1,
    )
    expect(await judged(counted)).toEqual([
      [
        'a counter is wrong',
        `1 totals are not the rows: ${place}: ${passes + 1} at worker-1, ${passes} rows`,
      ],
    ])
  })
}

function testDoubles(stage: Stage): void {
  const { rows, planted } = tableOf(stage)

  test('a check that ran twice for one tick, or twice at once, is complained about', async () => {
    const judged = async (excuse: Excuse = {}) => {
      const diary = quietDiary()
      diary.alone.push(...(excuse.alone ?? []))
      const slots = [{ frozen: excuse.frozen ?? [] }]
      const doubles = judgeDoubles({ slots, diary, runs: await rows() })
      return { ...doubles, told: told(diary) }
    }
    const well = { alone: 0, frozen: 0, told: [] }
    expect(await judged()).toEqual(well)
    const always = { from: 0, to: Date.now() }
    const twice = another({ laterS: -1, tickLaterS: 0, durationMs: 5 })
    await planted(twice, async () => {
      expect((await judged()).told).toEqual([
        ['a check ran twice', saying(/^user\.population on crm for one tick: .* by planted and .* by /)],
      ])
      // As promised, without the state; and what was frozen ends what it had begun.
      expect(await judged({ alone: [always] })).toEqual({ ...well, alone: 1 })
      expect(await judged({ frozen: [{ ...always, worker: 'planted' }] })).toEqual({ ...well, frozen: 1 })
      expect((await judged({ frozen: [{ ...always, worker: 'a third' }] })).told).toHaveLength(1)
    })
    const atOnce = (durationMs: number) => another({ laterS: -1, tickLaterS: -3, durationMs })
    expect(await planted(atOnce(990), judged)).toEqual(well)
    expect((await planted(atOnce(1_990), judged)).told).toEqual([
      ['a check ran twice', saying(/^user\.population on crm at once: .* for 1990 ms by planted and .* by /)],
    ])
  })
}

function testGaps(stage: Stage): void {
  const { rows, planted } = tableOf(stage)

  test('a check that was not begun for more than two intervals after it was due is complained about', async () => {
    const { at, runs } = stage.material()
    const first = Math.min(...runs.map(({ startedAt }) => startedAt))
    const span = { from: first - 90_000, to: at }
    const judged = async (excuse: { away?: Window; scraped?: number } = {}) => {
      const diary = quietDiary()
      const slots = [{ away: excuse.away === undefined ? [] : [excuse.away] }]
      const scraped = new Map([['user.population on crm', new Set([excuse.scraped ?? 0])]])
      judgeGaps({ slots, watched: stage.world().watched, diary, runs: await rows(), scraped, span })
      return told(diary)
    }
    expect(await planted(history([]), judged)).toEqual([])
    expect(await planted(history([4, 5]), judged)).toEqual([])
    await planted(history([4, 5, 6]), async () => {
      expect(await judged()).toEqual([
        ['a check was not run for too long', saying(/^user\.population on crm: 40 s from /)],
      ])
      // Nobody was alive for ten of those seconds; or its row was lost, and it was seen in a scrape.
      expect(await judged({ away: { from: first - 55_000, to: first - 45_000 } })).toEqual([])
      expect(await judged({ scraped: first - 50_000 })).toEqual([])
    })
  })
}
