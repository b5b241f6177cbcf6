import { afterAll, beforeAll, describe } from 'vitest'
import { testJudgesOfEpisodes } from './judges/of-episodes.ts'
import { testJudgesOfPages } from './judges/of-pages.ts'
import { testJudgesOfRows } from './judges/of-rows.ts'
import { testJudgesOfScrapes } from './judges/of-scrapes.ts'
import { type Material, type Stage, takeMaterial } from './judges/planted.ts'
import { startWorld, type World } from './schedule/world.ts'

/**
 * Each judge is given what the driver really reads of a worker in good health, and must be silent; then the same with
 * one violation, and must say that and nothing else.
 */
let world: World
let material: Material
const stage: Stage = { world: () => world, material: () => material }

beforeAll(async () => {
  world = await startWorld({ workers: 1, servers: 1, queue: 'postgres' })
  material = await takeMaterial(world)
}, 120_000)

afterAll(async () => world?.[Symbol.asyncDispose]())

describe('the judges of scrapes', () => testJudgesOfScrapes(stage))
describe('the judge of pages', () => testJudgesOfPages(stage))
describe('the judges of episodes', () => testJudgesOfEpisodes(stage))
// Nothing runs any more.
describe('the judges of the run table', () => testJudgesOfRows(stage))
