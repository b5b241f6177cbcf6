import { expect, test } from 'vitest'
import { clockConsensus } from '../../../src/servers/fleet/clock-consensus.ts'

const consensus = (...ahead: readonly number[]) =>
  clockConsensus(
    ahead.map((seconds) => ({ ahead: seconds })),
    30,
  )

test.each([
  { clocks: [0], right: 0 },
  { clocks: [0, 0.4, -0.3], right: 0 },
  { clocks: [0, 0, 300], right: 0 },
  { clocks: [0, 0, -300], right: 0 },
  { clocks: [0, 300, 300.2, 300.4], right: 300.2 },
  { clocks: [0, 0, 300, -300], right: 0 },
  // A chain: the outer two disagree, and both agree with the one between.
  { clocks: [0, 20, 40], right: 20 },
])('most of $clocks say $right', ({ clocks, right }) => {
  expect(consensus(...clocks)).toBeCloseTo(right)
  expect(consensus(...clocks.toReversed())).toBeCloseTo(right)
})

test.each([{ clocks: [0, 300] }, { clocks: [0, 0, 300, 300] }, { clocks: [0, 150, 300] }])(
  'among $clocks none can be called right',
  ({ clocks }) => {
    expect(consensus(...clocks)).toBeUndefined()
  },
)
