import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { checks } from '../../src/checks/index.ts'
import { MAX_FINDINGS } from '../../src/scan/findings.ts'
import { authwatch } from '../commands/authwatch.ts'
import { stateDatabase } from '../results/state-database.ts'
import { healthyApplication } from '../run/application.ts'
import { outcomes, watch } from '../run/watch.ts'
import { binaryOrSkip } from '../support/binaries.ts'
import { type Naming, type TestDatabase, testDatabase } from '../support/database.ts'
import { promtoolCheckMetrics } from '../support/prometheus.ts'
import { startServe } from '../support/worker.ts'
import { HOSTILE_TEXTS, insertHostileRows } from './hostile-rows.ts'

vi.setConfig({ testTimeout: 120_000 })

const TARGETS = ['camelCase', 'prismaPascal'] as const
/** Checks that these rows fail, which each show one of their texts. */
const FAILING = [
  'api_key.duplicate_key',
  'api_key.owner_missing',
  'organization.membership_orphaned',
  'organization.without_members',
  'session.active_organization_missing',
  'session.lifetime_out_of_policy',
  'session.user_missing',
]
/** Moves a cursor, changes the reading order, hides, or ends a line. Our own lines end with `\n`. */
const UNPRINTABLE = /(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u
/** 20 offenders of each of all checks, with all their columns, would take less. */
const MOST_CHARACTERS = 400_000

const databases = new Map<Naming, TestDatabase>()
beforeAll(async () => {
  for (const naming of TARGETS) databases.set(naming, await testDatabase(naming))
})
afterAll(async () => {
  for (const database of databases.values()) await database[Symbol.asyncDispose]()
})
const databaseOf = (naming: Naming): TestDatabase => databases.get(naming)!

test.each(TARGETS)('no row keeps a check from looking at %s, whatever is in it', async (naming) => {
  const db = databaseOf(naming)
  await healthyApplication(db, new Date())
  await using watched = watch(db.url)
  const passing = Object.fromEntries(checks.map(({ id }) => [id, 'pass']))
  expect(outcomes(await watched.verdicts(checks))).toEqual(passing)

  await insertHostileRows(db)
  const began = performance.now()
  const verdicts = await watched.verdicts(checks)
  expect(performance.now() - began).toBeLessThan(10_000)
  const seen = outcomes(verdicts)
  expect(seen).toMatchObject(Object.fromEntries(FAILING.map((id) => [id, 'fail'])))
  expect(Object.values(seen).filter((outcome) => !/^(pass|fail)$/.test(outcome))).toEqual([])

  const ownerless = verdicts.get('organization.without_members')
  const shown = ownerless?.state === 'fail' ? ownerless.findings.map(({ detail }) => detail.slug) : []
  expect(shown).toEqual(expect.arrayContaining(HOSTILE_TEXTS.map(asShown)))
})

/** Worked out by other means than the program's: what a name is shown as. */
function asShown(text: string): string {
  return [...text]
    .slice(0, 120)
    .map((character) => (UNPRINTABLE.test(character) || character === '\n' ? codeOf(character) : character))
    .join('')
}

function codeOf(character: string): string {
  return `\\u{${character.charCodeAt(0).toString(16)}}`
}

test('terminal, JSON, CSV, pages and metrics show hostile rows and obey none', async ({ skip }) => {
  const promtool = await binaryOrSkip('promtool')
  await using state = await stateDatabase()
  const env = {
    CAMEL: databaseOf('camelCase').url,
    PASCAL: databaseOf('prismaPascal').url,
    STATE_DATABASE_URL: state.url,
  }
  const config = {
    databases: [
      { name: 'camel', urlEnv: 'CAMEL' },
      { name: 'pascal', urlEnv: 'PASCAL' },
    ],
  }
  await using worker = await startServe({ env, config })
  const isAll = (value: number) => value === checks.length * config.databases.length
  await worker.until({ metric: 'authwatch_check_state', is: isAll, withinMs: 30_000 })
  await worker.until({ metric: 'authwatch_results_pending', is: (value) => value === 0, withinMs: 10_000 })

  const metrics = await worker.metrics()
  expect(metrics).not.toMatch(/authwatch_check_error\{|pwned|cmd\||onerror/)
  await expectPagesToEscape(worker.url)
  const print = async (...args: readonly string[]) =>
    printable((await authwatch(args, { env, config })).stdout)
  const texts = await Promise.all([print('check'), print('findings', '--all'), print('findings', 'diff')])
  for (const text of texts) {
    expect(text).toContain('organization.without_members')
    expect(text).toContain('\\u{1b}[31mpwned')
  }
  const [checked, listed, csv] = await Promise.all([
    print('check', '--json'),
    print('findings', '--json'),
    print('findings', '--csv'),
  ])
  expect(JSON.parse(checked).results).toHaveLength(checks.length * config.databases.length)
  const found = JSON.parse(listed)
  expect(found.findings.length).toBeGreaterThan(FAILING.length * MAX_FINDINGS)
  expect(csv.match(/(^|,)"?[=+\-@].*/gm)).toBeNull()
  expect(csv.split('\n')).toHaveLength(found.findings.length + 2)

  if ('skip' in promtool) return skip(promtool.skip)
  expect(await promtoolCheckMetrics(metrics)).toEqual({ code: 0, output: '' })
})

async function expectPagesToEscape(url: string): Promise<void> {
  for (const path of ['/', ...FAILING.map((id) => `/checks/${id}`)]) {
    const answer = await fetch(url + path, { signal: AbortSignal.timeout(10_000) })
    const page = printable(await answer.text())
    expect(answer.status).toBe(200)
    expect(page).not.toMatch(/<script>alert|<img src=x|"><img/)
    if (path.endsWith('without_members')) expect(page).toContain('&lt;script&gt;alert(1)')
  }
}

/** The text itself, if a terminal shows nothing else than it says, and not the megabyte of a name. */
function printable(text: string): string {
  expect(UNPRINTABLE.exec(text)).toBeNull()
  expect(text.length).toBeLessThan(MOST_CHARACTERS)
  return text
}
