import { html } from 'hono/html'
import { groupBy } from '../../catalogue/group-by.ts'
import type { PastRun } from '../run-history.ts'
import { RUNS_KEPT } from '../run-history.ts'
import type { Html } from './html.ts'
import { numberText } from './number-text.ts'

const STEP = 3
const BAR = 2
const HEIGHT = 18
/** Of a bar that stands for 0. */
const LEAST = 2

interface Bar {
  readonly className: string
  /** 0 to 1; null for what has no number and takes the whole height. */
  readonly share: number | null
}

/** The last runs, a bar each: its height the number of offenders, its colour the verdict. The newest comes last. */
export function runSparkline(runs: readonly PastRun[]): Html {
  if (runs.length === 0) return html`<span class="quiet">no runs yet</span>`
  const most = Math.max(1, ...runs.map(({ offenders }) => offenders ?? 0))
  const bars = runs.map(({ state, offenders }) => {
    const looked = state === 'pass' || state === 'fail'
    return { className: state, share: looked ? (offenders ?? 0) / most : null }
  })
  return svg({ bars, slots: RUNS_KEPT, label: describe(runs) })
}

/** Numbers of equal stretches of time, oldest first. */
export function countSparkline(options: {
  readonly counts: readonly number[]
  readonly slots: number
  readonly label: string
}): Html {
  const { counts, slots, label } = options
  const most = Math.max(1, ...counts)
  const bars = counts.map((count) => ({ className: count > 0 ? 'some' : 'none', share: count / most }))
  return svg({ bars, slots, label })
}

function describe(runs: readonly PastRun[]): string {
  const states = [...groupBy(runs, ({ state }) => state)].map(([state, same]) => `${same.length} ${state}`)
  const counted = runs.flatMap(({ offenders }) => offenders ?? [])
  const [least, most] = [Math.min(...counted), Math.max(...counted)]
  const range = least === most ? numberText(most) : `${numberText(least)} to ${numberText(most)}`
  const numbers = counted.length === 0 || most === 0 ? '' : `; offenders ${range}`
  return `Last ${runs.length === 1 ? 'run' : `${runs.length} runs`}: ${states.join(', ')}${numbers}`
}

/** Attributes only: the page's policy admits no style in an element. */
function svg({ bars, slots, label }: { bars: readonly Bar[]; slots: number; label: string }): Html {
  const width = slots * STEP
  return html`<svg class="spark" role="img" aria-label="${label}" width="${width}" height="${HEIGHT}" viewBox="0 0 ${width} ${HEIGHT}"><title>${label}</title>${bars.map(
    ({ className, share }, place) => {
      const height = share === null ? HEIGHT : LEAST + Math.round(share * (HEIGHT - LEAST))
      return html`<rect class="${className}" x="${place * STEP}" y="${HEIGHT - height}" width="${BAR}" height="${height}"/>`
    },
  )}</svg>`
}
