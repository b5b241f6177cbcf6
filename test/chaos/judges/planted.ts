import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'vitest'
import { type Diary, openDiary } from '../schedule/diary.ts'
import { fetchText } from '../schedule/fetch-text.ts'
import { judgeTotals } from '../schedule/judge-totals.ts'
import { type Look, readMetrics } from '../schedule/look.ts'
import { type Run, readRuns } from '../schedule/runs.ts'
import { troublesOf } from '../schedule/troubles.ts'
import { STATE_NAME, type World } from '../schedule/world.ts'

const HEALTHY_WITHIN_MS = 40_000
const POLL_MS = 100
export const STATUS_PAGE = '/'
export const PROBE_PAGE = '/checks/server.not_answering'

export const POPULATION = { check: 'user.population', target: 'crm' }
export const PROBE = { check: 'server.not_answering', target: 'crm-a' }
export const STALE = 'shown as passed and is not'

/** What all the judges are tried on. */
export interface Stage {
  world(): World
  material(): Material
}

/** What was complained about: the invariant and the words. */
export const told = ({ complaints }: Diary) => complaints.map(({ invariant, text }) => [invariant, text])
export const saying = (text: RegExp) => expect.stringMatching(text)

/** A diary that tells nobody. */
export const quietDiary = () => openDiary({ seed: 0, say: () => {} })

/** What the driver reads of a worker that is in good health, all of about one instant. */
export interface Material {
  readonly metrics: string
  readonly pages: Readonly<Record<typeof STATUS_PAGE | typeof PROBE_PAGE, string>>
  readonly runs: readonly Run[]
  /** Milliseconds since the epoch. */
  readonly at: number
}

/** Takes it of the first worker, once the counters of runs are the rows. Rejects after 40 s. */
export async function takeMaterial(world: World): Promise<Material> {
  const deadline = Date.now() + HEALTHY_WITHIN_MS
  const url = world.slots[0]?.url()
  for (;;) {
    const diary = quietDiary()
    const at = Date.now()
    const metrics = (await fetchText(url, '/metrics')) ?? ''
    const [status, probe] = await Promise.all([fetchText(url, STATUS_PAGE), fetchText(url, PROBE_PAGE)])
    const pages = { [STATUS_PAGE]: status ?? '', [PROBE_PAGE]: probe ?? '' }
    const runs = await readRows(world, at)
    const look = lookOf(world, { metrics, at })
    const table = { read: async () => {}, all: () => runs }
    await judgeTotals({ newest: () => [look], table, diary, withinMs: 0 })
    const troubles = [...troublesOf(look, world.watched), ...diary.complaints.map(({ text }) => text)]
    if (troubles.length === 0) return { metrics, pages, runs, at }
    if (Date.now() > deadline) throw new Error(`never healthy: ${troubles.join('; ')}`)
    await sleep(POLL_MS)
  }
}

/** The rows of runs that began before then. */
export async function readRows(world: World, before: number): Promise<readonly Run[]> {
  await using table = readRuns(world)
  await table.read()
  return table.all().filter(({ startedAt }) => startedAt < before)
}

/** A scrape of the first worker. */
export function lookOf(
  { slots: [slot] }: Pick<World, 'slots'>,
  { metrics, at }: Pick<Material, 'metrics' | 'at'>,
): Look {
  if (slot === undefined) throw new Error('There is no worker.')
  return { slot, life: 1, askedAt: at, at, seen: readMetrics(metrics) }
}

/** The exposition with another value of one sample: the only one of that name with these labels. */
export function withSample(
  exposition: string,
  sample: { readonly name: string; readonly labels?: Readonly<Record<string, string>> },
  change: (value: number) => number,
): string {
  const labels = Object.entries(sample.labels ?? {}).map(([name, value]) => `${name}="${value}"`)
  const isMeant = (line: string) =>
    /^[^{ ]+/.exec(line)?.[0] === sample.name && labels.every((label) => line.includes(label))
  const lines = exposition.split('\n')
  if (lines.filter(isMeant).length !== 1) throw new Error(`not one sample ${JSON.stringify(sample)}`)
  return lines
    .map((line) => (isMeant(line) ? line.replace(/ \S+$/, (value) => ` ${change(Number(value))}`) : line))
    .join('\n')
}

/** The exposition with another state of one check. */
export function withState(
  exposition: string,
  place: { readonly check: string; readonly target: string },
  state: 'error' | 'fail' | 'none',
): string {
  const sample = (each: string) => ({ name: 'authwatch_check_state', labels: { ...place, state: each } })
  const without = withSample(exposition, sample('pass'), () => 0)
  return state === 'none' ? without : withSample(without, sample(state), () => 1)
}

/** The text with one place changed, which must be there. */
export function withText(text: string, from: string | RegExp, to: string): string {
  const changed = text.replace(from, to)
  if (changed === text) throw new Error(`nothing to change: ${from}`)
  return changed
}

/** Rows of the run table that are there as long as the work takes; they are those of the worker `planted`. */
export async function withRows<T>(world: World, sql: string, work: () => Promise<T>): Promise<T> {
  try {
    await world.askState(STATE_NAME, sql)
    return await work()
  } finally {
    await world.askState(STATE_NAME, `delete from check_run where worker = 'planted'`)
  }
}
