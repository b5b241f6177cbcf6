import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import type { Diary } from '../schedule/diary.ts'
import { playEpisode, type Row, type Scene, watchFor } from '../schedule/episode.ts'
import { everyShows, type Fault } from '../schedule/fault.ts'
import { seededRandom } from '../schedule/random.ts'
import { watchWorkers } from '../schedule/watch.ts'
import { workerFaults } from '../schedule/worker-faults.ts'
import { quietDiary, type Stage, saying, told } from './planted.ts'

const HEALTHY_WITHIN_MS = 30_000
/** Time for a scrape or two. */
const UNMENDED = { withinMs: 3_000, patienceMs: 3_500 }

function faultNamed(name: string): Fault {
  const fault = workerFaults.find((each) => each.name === name)
  if (fault === undefined) throw new Error(`There is no fault ${name}.`)
  return fault
}

/** The same fault, and nobody mends it. */
const unmended = (fault: Fault): Fault => ({
  ...fault,
  begin: async (world, random) => ({ ...(await fault.begin(world, random)), end: async () => {} }),
})

const CLOCK = 'worker’s clock steps'

/** Plays one fault in a world in good health, and what follows. */
async function play(
  stage: Stage,
  options: Pick<Scene, 'recovery'> & {
    readonly fault: Fault
    readonly afterwards?: (scene: Scene) => Promise<unknown>
  },
): Promise<{ readonly row: Row | undefined; readonly diary: Diary }> {
  const [diary, world] = [quietDiary(), stage.world()]
  await using watch = watchWorkers(world, diary)
  const deadline = Date.now() + HEALTHY_WITHIN_MS
  while (watch.troubles(0).length > 0 && Date.now() < deadline) await sleep(100)
  const signal = AbortSignal.timeout(HEALTHY_WITHIN_MS)
  const { fault, afterwards = async () => {}, ...rest } = options
  const scene = {
    ...rest,
    ...{ world, diary, watch, signal, random: seededRandom(1), say: () => {}, holdMs: 0 },
  }
  await watchFor(scene, 200)
  const [row] = await playEpisode(scene, [fault])
  await afterwards(scene)
  return { row, diary }
}

/** On the living world. The last test leaves it without a worker. */
export function testJudgesOfEpisodes(stage: Stage): void {
  testSight(stage)
  testRecovery(stage)
}

function testSight(stage: Stage): void {
  test('a fault that is seen and mended brings no complaint', async () => {
    const { row, diary } = await play(stage, {
      fault: faultNamed(CLOCK),
      afterwards: (scene) => watchFor(scene, 200),
    })
    expect(told(diary)).toEqual([])
    expect(row).toMatchObject({ seenAfter: expect.any(Number), recoveredAfter: expect.any(Number) })
  })

  test('a fault that no metric shows is complained about', async () => {
    const nothingDone = { shows: everyShows('authwatch_state_up', 0), end: async () => {} }
    const fault: Fault = {
      ...{ name: 'nothing is done', family: 'state', metric: 'authwatch_state_up 0', withinMs: 1_500 },
      begin: async () => nothingDone,
    }
    const { row, diary } = await play(stage, { fault })
    expect(told(diary)).toEqual([
      ['a fault is not seen', 'nothing is done: authwatch_state_up 0 was not there after 1500 ms'],
    ])
    expect(row).toMatchObject({ seenAfter: null, recoveredAfter: expect.any(Number) })
  })
}

function testRecovery(stage: Stage): void {
  test('a worker that does not recover is complained about, and then that all is not well', async () => {
    const afterwards = (scene: Scene) => watchFor(scene, 200)
    const { row, diary } = await play(stage, {
      fault: unmended(faultNamed(CLOCK)),
      recovery: UNMENDED,
      afterwards,
    })
    await Promise.all(stage.world().slots.map((slot) => slot.setClock(0)))
    const off = 'worker-1: authwatch_clock_offset_seconds -?[\\d.]+'
    expect(told(diary)).toEqual([
      ['no recovery', saying(new RegExp(`^${off} after 3000 ms$`))],
      ['not healthy', saying(new RegExp(`^${off}$`))],
    ])
    expect(row).toMatchObject({ recoveredAfter: null })
    expect(diary.complaints[0]?.faults).toEqual([CLOCK])
  })

  test('a worker that ends and that nobody starts again is complained about', async () => {
    const { diary } = await play(stage, { fault: unmended(faultNamed('worker killed')), recovery: UNMENDED })
    expect(told(diary)).toEqual([['no recovery', 'worker-1: no answer after 3000 ms']])
  })
}
