import { expect, test } from 'vitest'
import { estimateDistinct, mergeSketch, SKETCH_REGISTERS } from '../../src/events/distinct-estimate.ts'
import { workerSketches } from '../../src/events/worker-sketches.ts'
import { createSketch, sketchKey } from '../../src/instrument/sinks/distinct-sketch.ts'

const key = sketchKey('a token that only this test knows')

function registersOf(values: Iterable<string>): Uint8Array {
  const sketch = createSketch(key)
  for (const value of values) sketch.add(value)
  return Buffer.from(sketch.encode() ?? '', 'base64')
}

function* numbered(from: number, count: number): Generator<string> {
  for (let n = from; n < from + count; n += 1) yield `user-${n}@example.com`
}

test('nothing is estimated as nothing', () => {
  expect(estimateDistinct(new Uint8Array(SKETCH_REGISTERS))).toBe(0)
})

test.for([1, 2, 10, 100, 1_000, 5_000, 10_000, 20_000, 100_000])(
  "%d distinct values of the application's sketch are estimated within 5 %",
  (count) => {
    const estimate = estimateDistinct(registersOf(numbered(0, count)))
    expect(Math.abs(estimate - count)).toBeLessThanOrEqual(Math.max(0.05 * count, 0.05))
  },
)

test('over many sets the estimate is off by the 1.6 % of the method, and to neither side', () => {
  const errors = Array.from({ length: 100 }, (_, set) => {
    const sketch = registersOf(numbered(set * 10_000, 3_000))
    return estimateDistinct(sketch) / 3_000 - 1
  })
  const mean = errors.reduce((sum, error) => sum + error, 0) / errors.length
  const deviation = Math.sqrt(errors.reduce((sum, error) => sum + error ** 2, 0) / errors.length)
  // 1.04 / 64 = 0.01625 for one; the mean of a hundred is ten times as exact, and three deviations are allowed.
  expect(deviation).toBeLessThan(0.02)
  expect(Math.abs(mean)).toBeLessThan((3 * 0.01625) / 10)
}, 180_000)

test('the union of two sketches is the sketch of all their values', () => {
  const both = registersOf(numbered(0, 2_000))
  mergeSketch(both, registersOf(numbered(1_000, 2_000)))
  expect(both).toEqual(registersOf(numbered(0, 3_000)))
})

test('a full sketch is still a number', () => {
  const full = new Uint8Array(SKETCH_REGISTERS).fill(53)
  expect(estimateDistinct(full)).toBe(Number.MAX_SAFE_INTEGER)
})

test('without the token nobody can tell whether an account is in a sketch', () => {
  const other = createSketch(sketchKey('another token'))
  other.add('user-1@example.com')
  expect(Buffer.from(other.encode() ?? '', 'base64')).not.toEqual(registersOf(['user-1@example.com']))
})

test('a worker keeps one window of each minute, and what comes twice changes nothing', () => {
  const sketches = workerSketches('one')
  const accounts = Buffer.from(registersOf(numbered(0, 50))).toString('base64')
  const more = Buffer.from(registersOf(numbered(50, 50))).toString('base64')
  const minute = 1_760_000_040_000
  expect(sketches.add([{}], minute)).toEqual([])
  const [first] = sketches.add([{ accounts }], minute + 1_000)
  expect(first).toMatchObject({ kind: 'accounts', start: minute, worker: 'one' })
  expect(first?.registers).toEqual(new Uint8Array(registersOf(numbered(0, 50))))
  const [again] = sketches.add([{ accounts }, { accounts: more }, { accounts }], minute + 59_999)
  expect(again?.registers).toEqual(new Uint8Array(registersOf(numbered(0, 100))))
  const [next] = sketches.add([{ accounts: more }], minute + 60_000)
  expect(next).toMatchObject({ start: minute + 60_000 })
  expect(next?.registers).toEqual(new Uint8Array(registersOf(numbered(50, 50))))
})
