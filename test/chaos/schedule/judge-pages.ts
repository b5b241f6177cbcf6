import type { Diary } from './diary.ts'
import type { Look, Seen, ShownCheck } from './look.ts'
import type { PageLook } from './page-look.ts'
import type { ShownPage, ShownRow } from './shown-page.ts'
import { STALE_MS } from './stale.ts'
import type { Watched } from './watched.ts'
import { meets } from './windows.ts'

/** What a request and a busy machine may take. */
const SLACK_MS = 3_000
/** A page shows a result at once; the metrics are made anew some times a second, on a busy machine later. */
const METRICS_LAG_MS = 1_500
const UNIT_MS: Readonly<Record<string, number>> = { s: 1_000, min: 60_000, h: 3_600_000, d: 86_400_000 }
const IS_WELL: ReadonlySet<string | undefined> = new Set(['pass', 'skipped'])

interface Judged {
  readonly diary: Pick<Diary, 'complain'>
  readonly shown: PageLook
  readonly before: Seen
  readonly after: Seen
}

/** Whether the scrape was asked for late enough to show all that the page does. */
export function isAfter(scrape: Pick<Look, 'askedAt'>, { at }: Pick<PageLook, 'at'>): boolean {
  return scrape.askedAt >= at + METRICS_LAG_MS
}

/**
 * Compares a page with the scrapes before and after it. What is green on the page is green in one of them, or was run
 * between them; and its age is as old as it is.
 */
export function judgePage(options: {
  readonly diary: Pick<Diary, 'complain'>
  readonly before: Look
  readonly shown: PageLook
  readonly after: Look
}): void {
  const { diary, before, shown, after } = options
  const wasAway = meets({ from: before.askedAt, to: after.at }, shown.slot.away)
  if (before.seen === undefined || after.seen === undefined || before.life !== after.life || wasAway) return
  const place = `${shown.path} of ${shown.slot.name}`
  if (shown.page === undefined) {
    const text = `${place} does not answer, and the metrics do`
    diary.complain('the page is not as the metrics', text)
    return
  }
  const judged = { diary, shown, before: before.seen, after: after.seen }
  judgeTop(judged, shown.page)
  for (const row of shown.page.rows) {
    judgeAge(judged, shown.page, row)
    if (row.verdict === 'pass') judgeGreen(judged, row)
  }
}

function judgeTop({ diary, shown, before, after }: Judged, { asOf, top, rows }: ShownPage): void {
  const place = `${shown.path} of ${shown.slot.name}`
  const off = asOf < shown.askedAt - SLACK_MS || asOf > shown.at + SLACK_MS
  if (off)
    diary.complain(
      'the page is not as the metrics',
      `${place} is as of ${new Date(asOf).toISOString()} at ${new Date(shown.at).toISOString()}`,
      `as of ${place}`,
    )
  const isOn = (each: Watched) => shown.path === '/' || rows.some((row) => row.check === each.check)
  for (const check of before.checks.filter(isOn)) {
    const later = find(after, check)
    if (find({ checks: rows }, check) === undefined && later !== undefined)
      diary.complain('the page is not as the metrics', `${nameOf(check)} is not on ${place}`)
    const isUnwell =
      !IS_WELL.has(check.state) && later?.lastRun === check.lastRun && !IS_WELL.has(later.state)
    if (top === 'pass' && isUnwell)
      diary.complain(
        'shown as passed and is not',
        `${place} is green at the top, and ${nameOf(check)} is ${check.state}`,
        `top ${place} ${nameOf(check)}`,
      )
  }
}

function judgeGreen({ diary, shown, before, after }: Judged, row: ShownRow): void {
  const name = `${nameOf(row)} on ${shown.path} of ${shown.slot.name}`
  const [earlier, later] = [find(before, row), find(after, row)]
  if (row.lastRun !== undefined && shown.askedAt - row.lastRun > STALE_MS + SLACK_MS) {
    const text = `${name} is green and ${shown.askedAt - row.lastRun} ms old`
    diary.complain('shown as passed and is not', text, `old ${name}`)
  }
  if (earlier?.state === 'pass' || later?.state === 'pass' || isBetween(row, earlier, later)) return
  const text = `${name} is green${timeOf(row)}, and in the metrics ${toldOf(earlier)} and then ${toldOf(later)}`
  diary.complain('shown as passed and is not', text, `other ${name}`)
}

/** Whether the page may show a run that neither scrape knows: one between those that they know. */
function isBetween(
  { lastRun }: ShownRow,
  earlier: ShownCheck | undefined,
  later: ShownCheck | undefined,
): boolean {
  if (later === undefined) return false
  if (lastRun === undefined) return earlier?.lastRun !== later.lastRun
  return (earlier?.lastRun ?? 0) < lastRun && lastRun < later.lastRun
}

/** `12 s ago` is what began 12 to 13 s before the instant that the page is of. */
function judgeAge({ diary, shown }: Judged, { asOf }: ShownPage, row: ShownRow): void {
  if (row.lastRun === undefined || row.age === undefined) return
  const age = asOf - row.lastRun
  const [, number, unit = ''] = /^(\d+) (\w+) ago$/.exec(row.age) ?? []
  const length = UNIT_MS[unit] ?? Number.NaN
  const least = Number(number) * length
  const isRight = row.age === 'just now' ? age < 1_000 : age >= least && age < least + length
  if (isRight) return
  const name = `${nameOf(row)} on ${shown.path} of ${shown.slot.name}`
  const text = `${name} was run “${row.age}”, and that is ${age} ms`
  diary.complain('the page is not as the metrics', text, `age ${name}`)
}

function find<T extends Watched>({ checks }: { readonly checks: readonly T[] }, { check, target }: Watched) {
  return checks.find((each) => each.check === check && each.target === target)
}

const timeOf = ({ lastRun }: { readonly lastRun?: number }) =>
  lastRun === undefined ? '' : ` of ${new Date(lastRun).toISOString()}`

const toldOf = (check: ShownCheck | undefined) =>
  check === undefined ? 'nothing' : `${check.state}${timeOf(check)}`

const nameOf = ({ check, target }: Watched) => `${check} on ${target}`
