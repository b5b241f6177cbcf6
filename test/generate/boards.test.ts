import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { defaultAlertPolicy } from '../../src/catalogue/alert-policy.ts'
import { overrideChecks } from '../../src/catalogue/override.ts'
import { catalogue } from '../../src/commands/catalogue.ts'
import { boardFiles } from '../../src/generate/board-files.ts'
import { filesOf } from '../../src/generate/generate.ts'
import { alertsOf, groupsOf } from '../rules/rule-cases.ts'
import { parsePromql } from '../support/promql.ts'
import { asPromql, type Board, type BoardPanel, panelsOf, readBoards } from './board-files.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const files = Object.entries(await boardFiles(catalogue, defaultAlertPolicy))
const boards = await readBoards()
const panels = boards.flatMap((board) => panelsOf(board).map((panel) => ({ board, panel })))
const targets = panels.flatMap(({ board, panel }) =>
  panel.targets.map((target) => {
    const parsed = parsePromql(asPromql(target.expr, { rate: '5m', range: '6h' }))
    return { board, panel, target, parsed, name: `${board.uid} ${panel.title}` }
  }),
)

const broken = (test: (panel: BoardPanel) => boolean) =>
  panels.filter(({ panel }) => test(panel)).map(({ board, panel }) => `${board.uid} ${panel.title}`)
const twice = (values: readonly unknown[]) => values.filter((value, place) => values.indexOf(value) !== place)

test.each(files)('%s in the repository is what the catalogue gives, to the byte', async (path, text) => {
  expect(await readFile(`${root}${path}`, 'utf8')).toBe(text)
})

test('there are four boards, each of which says what it answers and can only be read', () => {
  expect(boards.map(({ uid }) => uid)).toEqual([
    ...['authwatch-overview', 'authwatch-checks', 'authwatch-probes', 'authwatch-worker'],
  ])
  expect(new Set(boards.map(({ title }) => title)).size).toBe(4)
  for (const { description, editable, tags, refresh, links } of boards) {
    expect(description).toMatch(/\?$/)
    expect({ editable, tags, refresh }).toEqual({ editable: false, tags: ['authwatch'], refresh: '30s' })
    expect(links.map(({ title }) => title)).toEqual(['Boards', 'Runbook'])
  }
})

test('the reader chooses data source, job and what else a board is about, looked up again with the time', () => {
  const source = { type: 'prometheus', uid: `\${datasource}` }
  for (const { uid, templating } of boards) {
    const [first, ...others] = templating.list
    expect(first).toMatchObject({
      name: 'datasource',
      label: 'Data source',
      type: 'datasource',
      query: 'prometheus',
    })
    expect(others[0]).toMatchObject({ name: 'job', label: 'Job' })
    for (const variable of others) {
      const expected = { type: 'query', multi: true, allValue: '.+', refresh: 2, datasource: source }
      expect(variable, uid).toMatchObject(expected)
    }
  }
  const names = Object.fromEntries(
    boards.map(({ uid, templating: { list } }) => [uid, list.map(({ name }) => name)]),
  )
  expect(names).toEqual({
    'authwatch-overview': ['datasource', 'job', 'server'],
    'authwatch-checks': ['datasource', 'job', 'target', 'check'],
    'authwatch-probes': ['datasource', 'job', 'server', 'probe'],
    'authwatch-worker': ['datasource', 'job', 'instance'],
  })
})

test('each panel has a title of its own, a description, a unit, words for no data, and the chosen source', () => {
  const units = ['none', 'short', 'percentunit', 's', 'bytes', 'reqps', 'ops']
  for (const board of boards) expect(twice(panelsOf(board).map(({ title }) => title))).toEqual([])
  expect(broken(({ description = '' }) => !/^[A-Z0-9].{10,}[.a-z/]$/.test(description))).toEqual([])
  expect(broken(({ fieldConfig }) => !units.includes(fieldConfig?.defaults.unit ?? ''))).toEqual([])
  expect(broken(({ fieldConfig }) => (fieldConfig?.defaults.noValue ?? '') === '')).toEqual([])
  expect(broken(({ datasource }) => datasource?.uid !== `\${datasource}`)).toEqual([])
  expect(broken(({ targets: asked }) => asked.length === 0)).toEqual([])
  expect(targets.filter(({ target }) => target.datasource.uid !== `\${datasource}`)).toEqual([])
  const refs = panels.map(({ panel }) => panel.targets.map(({ refId }) => refId).join(''))
  expect(refs.filter((each) => !'ABCDEFGH'.startsWith(each))).toEqual([])
})

test('ids are unique, and no panel lies on another', () => {
  for (const board of boards) {
    const ids = board.panels.flatMap(({ id, panels: inside }) => [id, ...inside.map((each) => each.id)])
    expect(twice(ids)).toEqual([])
    for (const level of [board.panels, ...board.panels.map(({ panels: inside }) => inside)]) {
      expect(overlaps(level)).toEqual([])
    }
  }
})

function overlaps(level: readonly BoardPanel[]): readonly string[] {
  const cells = level.flatMap(({ title, gridPos: { x, y, w, h } }) =>
    Array.from({ length: w * h }, (_, place) => ({
      title,
      cell: `${x + (place % w)},${y + Math.floor(place / w)}`,
    })),
  )
  const outside = level.filter(({ gridPos: { x, w } }) => x < 0 || x + w > 24).map(({ title }) => title)
  const seen = new Set<string>()
  const again = cells.filter(({ cell }) => seen.has(cell) || !seen.add(cell))
  return [...outside, ...new Set(again.map(({ title }) => title))]
}

test('every query and every mark is PromQL', () => {
  expect(targets.flatMap(({ name, parsed }) => parsed.errors.map((error) => `${name}: ${error}`))).toEqual([])
  const marks = boards.flatMap(({ annotations }) => annotations.list.map(({ expr }) => expr))
  expect(marks.flatMap((expr) => parsePromql(expr).errors)).toEqual([])
})

/** Of Prometheus and Alertmanager, which are jobs of their own; and the alert that is no job's. */
const OTHER_JOBS = /^(prometheus|alertmanager)_/
/** The same on every worker, so that it is aggregated over them and no reader chooses one. */
const SAME_EVERYWHERE = ['authwatch_check_last_run_timestamp_seconds']

test('each query is of the chosen jobs, and on the board of workers of the chosen workers', () => {
  const asks = (matchers: readonly { label: string; value: string }[], label: string) =>
    matchers.some((each) => each.label === label && each.value === `$${label}`)
  const reads = targets.flatMap(({ board, name, parsed }) =>
    parsed.reads.map((read) => ({ board, name, ...read })),
  )
  const ours = reads.filter(
    ({ metric, matchers }) =>
      !OTHER_JOBS.test(metric) &&
      !matchers.some(({ value }) => value === 'AuthwatchWatchdog' && metric === 'ALERTS'),
  )
  const dead = reads.filter(({ metric, matchers }) => metric === 'ALERTS' && !asks(matchers, 'job'))
  expect(dead.map(({ name }) => name)).toEqual(["authwatch-worker Dead man's switch"])
  const jobless = ours.filter(({ metric, matchers }) => metric !== 'ALERTS' && !asks(matchers, 'job'))
  expect(jobless.map(({ name, metric }) => `${name}: ${metric}`)).toEqual([])
  const ofWorkers = ours.filter(({ board }) => board.uid === 'authwatch-worker')
  const unchosen = ofWorkers.filter(
    ({ metric, matchers }) => metric !== 'ALERTS' && !asks(matchers, 'instance'),
  )
  expect([...new Set(unchosen.map(({ metric }) => metric))]).toEqual(SAME_EVERYWHERE)
  const used = boards.map((board) => [board.uid, unusedVariables(board)])
  expect(used).toEqual(boards.map(({ uid }) => [uid, []]))
})

function unusedVariables(board: Board): readonly string[] {
  const all = JSON.stringify([board.panels, board.templating])
  return board.templating.list
    .map(({ name }) => name)
    .filter((name) => !new RegExp(`\\$(\\{${name}\\}|${name})`).test(all))
}

test('what every program exports is read of workers alone, though all jobs are chosen', () => {
  const common = targets.filter(({ parsed }) =>
    parsed.reads.some(({ metric }) => /^(process|nodejs|scrape)_/.test(metric)),
  )
  expect(common.length).toBeGreaterThan(5)
  const all = common.filter(
    ({ target }) => !/ and on \(job, instance\) authwatch_build_info/.test(target.expr),
  )
  expect(all.map(({ name }) => name)).toEqual([])
})

test('counters are read by how they rise, over the interval of the board or the whole time', () => {
  const counters = targets.flatMap(({ name, target, parsed }) =>
    parsed.reads
      .filter(({ metric }) => /_(total|bucket|sum|count)$/.test(metric) && !metric.includes(':'))
      .map((read) => ({ name, target, ...read })),
  )
  expect(counters.length).toBeGreaterThan(15)
  const raw = counters.filter(({ within }) => !['rate', 'increase'].includes(within[0] ?? ''))
  expect(raw.map(({ name }) => name)).toEqual([])
  const fixed = panels.filter(({ panel }) =>
    panel.targets.some(({ expr, instant }) =>
      [...expr.matchAll(/\b(?:rate|increase)\([^[]*\[([^\]]+)\]/g)].some(
        ([, range]) => range !== (instant ? '$__range' : '$__rate_interval'),
      ),
    ),
  )
  expect(fixed.map(({ panel }) => panel.title)).toEqual([])
  const ofSums = targets.filter(({ parsed }) =>
    parsed.reads.some(({ within }) => ['rate', 'increase'].some((each) => within.indexOf(each) > 0)),
  )
  expect(ofSums.map(({ name }) => name)).toEqual([])
})

test('what divides is above nothing', () => {
  const unguarded = targets.filter(({ target }) =>
    [...target.expr.replaceAll(/"[^"]*"/g, '""').matchAll(/\/\s*([^\n]*)/g)].some(
      ([, divisor = '']) => !/^(\(.* > 0\)|[\d.]+$)/.test(divisor),
    ),
  )
  expect(unguarded.map(({ name, target }) => `${name}: ${target.expr}`)).toEqual([])
})

test('a thing has one colour on all boards', () => {
  const coloured = panels.flatMap(({ panel }) =>
    (panel.fieldConfig?.overrides ?? []).flatMap(({ matcher, properties }) =>
      properties
        .filter(({ id }) => id === 'color')
        .map(({ value }) => ({ name: matcher.options, colour: JSON.stringify(value) })),
    ),
  )
  // An error of an application is a failure; a check in error could not look.
  const states = coloured.filter(({ name }) => name !== 'error')
  const ambiguous = states.filter(({ name, colour }) =>
    states.some((each) => each.name === name && each.colour !== colour),
  )
  expect(coloured.length).toBeGreaterThan(20)
  expect(ambiguous).toEqual([])
})

test('every link leads to a section of the runbook, or to a board that there is', async () => {
  const runbook = await readFile(`${root}alerts/README.md`, 'utf8')
  const headings = new Set(
    [...runbook.matchAll(/^#{2,4} (\w+)$/gm)].map(([, heading = '']) => heading.toLowerCase()),
  )
  const links = panels.flatMap(({ panel }) => panel.links.map(({ url = '' }) => url))
  expect(links.length).toBeGreaterThan(60)
  const uids = boards.map(({ uid }) => uid)
  const lost = links.filter((url) => {
    const board = /^\/d\/([\w-]+)\?/.exec(url)?.[1]
    if (board !== undefined) return !uids.includes(board)
    const [page, heading = ''] = url.split('#')
    return page !== defaultAlertPolicy.runbookUrl || !headings.has(heading)
  })
  expect(lost).toEqual([])
})

test('every alert leads to a board that there is, with variables that it has', () => {
  const alerts = Object.entries(filesOf(catalogue))
    .filter(([path]) => path.endsWith('.rules.yml'))
    .flatMap(([, text]) => alertsOf(groupsOf(text)))
  const lost = alerts.filter(({ annotations }) => {
    const [, uid, query = ''] = /^\/d\/([\w-]+)(?:\?(.*))?$/.exec(annotations.dashboard_url ?? '') ?? []
    const names = boards.find((board) => board.uid === uid)?.templating.list.map(({ name }) => name)
    const asked = [...query.matchAll(/(?:^|&)var-(\w+)=/g)].map(([, name = '']) => name)
    return names === undefined || asked.some((name) => !names.includes(name))
  })
  expect(alerts.length).toBeGreaterThan(60)
  expect(lost.map(({ alert }) => alert)).toEqual([])
})

test('lines and limits are those of the deployment', async () => {
  const thresholds = { offenders: 7, oldest: 3_600 }
  const { checks } = overrideChecks(catalogue, { 'session.expired_backlog': { enabled: true, thresholds } })
  const policy = {
    ...defaultAlertPolicy,
    signInErrorBudget: 0.02,
    queueWaiting: '7m',
    runbookUrl: 'https://wiki.example',
  } as const
  const own = (await readBoards(checks, policy)).flatMap(panelsOf)
  const stepsOf = (all: readonly BoardPanel[], title: string) =>
    all
      .find((panel) => panel.title === title)
      ?.fieldConfig?.defaults.thresholds.steps.map(({ value }) => value)
  const before = panels.map(({ panel }) => panel)
  expect(stepsOf(before, 'session.expired_backlog')).toEqual([null, 10_001])
  // Of what is counted, the first number above the threshold.
  expect(stepsOf(own, 'session.expired_backlog')).toEqual([null, 8])
  expect(stepsOf(own, 'session.expired_backlog: session_oldest_expired_seconds')).toEqual([null, 3_600])
  expect(stepsOf(own, 'Sign-ins without error')).toEqual([null, 0.98])
  expect(stepsOf(own, 'Oldest waiting job')).toEqual([null, 420])
  // Below 3 days it calls somebody, below 14 days it is a ticket.
  expect(stepsOf(before, 'First certificate to expire')).toEqual([null, 259_200, 1_209_600])
  expect(JSON.stringify(own)).not.toContain(defaultAlertPolicy.runbookUrl)
})
