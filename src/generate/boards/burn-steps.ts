import { burns } from '../burn-rate.ts'
import { colours } from './palette.ts'
import type { Step } from './panel.ts'

/** From where on a budget does not last, and from where on somebody is called. */
export const burnSteps: readonly Step[] = [
  { colour: colours.good },
  { from: burns.warning[1].rate, colour: colours.warning },
  { from: burns.critical[0].rate, colour: colours.bad },
]
