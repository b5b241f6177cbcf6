import { relative } from 'node:path'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** Files that take half a minute and more, most of it waiting for ticks, deadlines and processes; the slowest first. */
const WAITING = [
  'faults/slice',
  'schedule/one-run-per-tick',
  'commands/backend-lost',
  'commands/stop',
  'commands/worker-results',
  'commands/waive',
  'chaos/schedule',
  'probes/journey/sign-in-broken-outage',
  'results/outage',
  'commands/start',
  'schedule/overlap',
]

/** Those that keep the processors busy as long. */
const WORKING = [
  'probes/fault-matrix',
  'demo/faults',
  'security/secrets',
  'http/pages/browser',
  'commands/demo',
  'generate/panels',
  'demo/server-settings',
  'probes/credential/refused-elsewhere',
  'probes/extension-token/misjudged',
  'commands/web-config',
]

/** One that waits beside one that works. */
export const SLOWEST: readonly string[] = WAITING.flatMap((waiting, place) => [waiting, WORKING[place]])
  .filter((name) => name !== undefined)
  .map((name) => `test/${name}.test.ts`)

/**
 * The slowest files begin first, so that none of them is left running alone at the end, and what waits runs beside what
 * works. Where nothing is known from an earlier run, as in a fresh checkout, vitest goes by the size of the files.
 */
export class SlowestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const { root } = this.ctx.config
    const rank = ({ moduleId }: TestSpecification) => {
      const place = SLOWEST.indexOf(relative(root, moduleId))
      return place === -1 ? SLOWEST.length : place
    }
    return (await super.sort(files)).toSorted((a, b) => rank(a) - rank(b))
  }
}
