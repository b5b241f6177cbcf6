import { expect, test } from 'vitest'
import { isAfter, judgePage } from '../schedule/judge-pages.ts'
import type { Look } from '../schedule/look.ts'
import type { PageLook } from '../schedule/page-look.ts'
import { readPage } from '../schedule/shown-page.ts'
import type { Window } from '../schedule/windows.ts'
import {
  lookOf,
  POPULATION,
  PROBE,
  PROBE_PAGE,
  quietDiary,
  STALE,
  STATUS_PAGE,
  type Stage,
  saying,
  told,
  withSample,
  withState,
  withText,
} from './planted.ts'

const OTHER = 'the page is not as the metrics'
type Path = typeof STATUS_PAGE | typeof PROBE_PAGE

export function testJudgesOfPages(stage: Stage): void {
  testHealth(stage)
  testGreens(stage)
  testAges(stage)
  testAbsence(stage)
}

/** Pages of that material between two scrapes, and of what is made of it. */
function pagesOf(stage: Stage) {
  const lookWith = (metrics: string): Look => lookOf(stage.world(), { ...stage.material(), metrics })
  const pageLook = (path: Path, html: string | undefined, lateMs = 0): PageLook => {
    const { slot, life, at } = lookOf(stage.world(), stage.material())
    const about = { slot, life, path, askedAt: at + lateMs, at: at + lateMs }
    return html === undefined ? about : { ...about, page: readPage(html) }
  }
  const judged = (options: {
    readonly path?: Path
    readonly html?: string | null
    readonly before?: string
    readonly after?: string
    readonly lateMs?: number
  }) => {
    const { metrics, pages } = stage.material()
    const { path = STATUS_PAGE, html = pages[path], before = metrics, after = metrics, lateMs } = options
    const diary = quietDiary()
    const shown = pageLook(path, html ?? undefined, lateMs)
    judgePage({ diary, before: lookWith(before), shown, after: lookWith(after) })
    return told(diary)
  }
  /** The page with another content of the cell in which the check's last run stands. */
  const withLooked = (cell: (at: string, age: string) => string) => {
    const page = stage.material().pages[STATUS_PAGE]
    const row = /<tr role="row" id="row-user\.population-crm">.*?<\/tr>/s.exec(page)?.[0] ?? ''
    const time = /(data-label="Looked" class="time">)<time datetime="([^"]+)"[^>]*>([^<]+)<\/time>/
    const [, , at = '', age = ''] = time.exec(row) ?? []
    return withText(page, row, withText(row, time, `$1${cell(at, age)}`))
  }
  return { pageLook, judged, withLooked }
}

function testHealth(stage: Stage): void {
  const { judged } = pagesOf(stage)

  test('a page that shows what the metrics show brings no complaint', () => {
    expect(judged({})).toEqual([])
    expect(judged({ path: PROBE_PAGE })).toEqual([])
    const { rows } = readPage(stage.material().pages[STATUS_PAGE])
    expect(rows.map(({ check, target, verdict }) => `${check} ${target} ${verdict}`).toSorted()).toEqual(
      stage
        .world()
        .watched.map(({ check, target }) => `${check} ${target} pass`)
        .toSorted(),
    )
  })
}

function testGreens(stage: Stage): void {
  const { judged } = pagesOf(stage)

  test('a green that the metrics did not show before and do not show after is complained about', () => {
    const wrong = withState(stage.material().metrics, POPULATION, 'error')
    expect(judged({ before: wrong })).toEqual([])
    expect(judged({ after: wrong })).toEqual([])
    expect(judged({ before: wrong, after: wrong })).toEqual([
      [STALE, '/ of worker-1 is green at the top, and user.population on crm is error'],
      [
        STALE,
        saying(
          /^user\.population on crm on \/ of worker-1 is green of \S+, and in the metrics error of \S+ and then error of \S+$/,
        ),
      ],
    ])
    // The page may show a run that was over before the next scrape.
    const lastRun = { name: 'authwatch_check_last_run_timestamp_seconds', labels: POPULATION }
    const earlier = withSample(wrong, lastRun, (value) => value - 10)
    const later = withSample(wrong, lastRun, (value) => value + 0.5)
    expect(judged({ before: earlier, after: later })).toEqual([])
    // It may be ahead of a scrape that comes at once, and not of one some seconds later.
    expect(isAfter({ askedAt: 1_400 }, { at: 0 })).toBe(false)
    expect(isAfter({ askedAt: 1_500 }, { at: 0 })).toBe(true)
  })

  test('a probe that is green for a server that does not answer is complained about, on either page', () => {
    const wrong = withState(stage.material().metrics, PROBE, 'fail')
    for (const path of [STATUS_PAGE, PROBE_PAGE] as const)
      expect(judged({ path, before: wrong, after: wrong })).toEqual([
        [STALE, `${path} of worker-1 is green at the top, and server.not_answering on crm-a is fail`],
        [
          STALE,
          saying(
            /^server\.not_answering on crm-a on \S+ of worker-1 is green.*, and .* fail of \S+ and then fail of \S+$/,
          ),
        ],
      ])
  })
}

function testAges(stage: Stage): void {
  const { judged, withLooked } = pagesOf(stage)

  test('a green that is older than three intervals and half a minute is complained about', () => {
    const asOf = readPage(stage.material().pages[STATUS_PAGE]).asOf
    const old = (seconds: number, says: string) =>
      withLooked(() => `<time datetime="${new Date(asOf - seconds * 1_000).toISOString()}">${says}</time>`)
    expect(judged({ html: old(60, '60 s ago') })).toEqual([])
    expect(judged({ html: old(70, '70 s ago') })).toEqual([
      [STALE, saying(/^user\.population on crm on \/ of worker-1 is green and (6[6-9]|70)\d{3} ms old$/)],
    ])
  })

  test('an age that is not as old as it is, and a page that is of another time, are complained about', () => {
    const young = withLooked((at) => `<time datetime="${at}">59 s ago</time>`)
    expect(judged({ html: young })).toEqual([
      [OTHER, saying(/^user\.population on crm on \/ of worker-1 was run “59 s ago”, and that is \d+ ms$/)],
    ])
    expect(judged({ lateMs: 2_000 })).toEqual([])
    expect(judged({ lateMs: 4_000 })).toEqual([[OTHER, saying(/^\/ of worker-1 is as of /)]])
  })
}

function testAbsence(stage: Stage): void {
  const { pageLook, judged } = pagesOf(stage)

  test('a check that is not on the page is complained about, and so is a page that does not answer', () => {
    const page = stage.material().pages[STATUS_PAGE]
    const without = withText(page, /<tr role="row" id="row-user\.population-crm">.*?<\/tr>/s, '')
    expect(judged({ html: without })).toEqual([[OTHER, 'user.population on crm is not on / of worker-1']])
    expect(judged({ html: null })).toEqual([[OTHER, '/ of worker-1 does not answer, and the metrics do']])
    // A worker that was frozen meanwhile, or has been replaced, is excused.
    const silent = pageLook(STATUS_PAGE, undefined)
    const look = lookOf(stage.world(), stage.material())
    const excused = (after: Look, away: readonly Window[]) => {
      const diary = quietDiary()
      judgePage({ diary, before: look, shown: { ...silent, slot: { ...silent.slot, away } }, after })
      return told(diary)
    }
    const then = { from: silent.at - 1, to: silent.at + 1 }
    expect(excused(look, [])).toHaveLength(1)
    expect(excused(look, [then])).toEqual([])
    expect(excused({ ...look, life: 2 }, [])).toEqual([])
    expect(() => readPage('<h1>Internal error</h1>')).toThrow('no page')
  })
}
