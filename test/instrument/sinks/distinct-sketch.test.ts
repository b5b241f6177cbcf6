import { createHmac } from 'node:crypto'
import { expect, test } from 'vitest'
import { estimateDistinct } from '../../../src/events/distinct-estimate.ts'
import { createSketch, sketchKey } from '../../../src/instrument/sinks/distinct-sketch.ts'

const KEY = sketchKey('a token of the deployment')

function registers(values: Iterable<string>, key = KEY): Buffer {
  const sketch = createSketch(key)
  for (const value of values) sketch.add(value)
  return Buffer.from(sketch.encode() ?? '', 'base64')
}

function* addresses(count: number): Iterable<string> {
  for (let each = 0; each < count; each += 1) yield `user-${each}@example.com`
}

test.each([10, 100, 1_000, 5_000, 10_000, 20_000, 50_000, 100_000])(
  '%d distinct values are told within 5 percent',
  (count) => {
    const estimate = estimateDistinct(registers(addresses(count)))
    expect(Math.abs(estimate - count) / count).toBeLessThan(0.05)
  },
)

test('a value that comes again changes nothing', () => {
  const once = registers(addresses(500))
  const often = registers([...addresses(500), ...addresses(500), ...addresses(500)])
  expect(often.equals(once)).toBe(true)
})

test('a value chooses its register by the first 12 bits of its hash, and marks where the next 1 is', () => {
  const hash = createHmac('sha256', KEY).update('a@example.com').digest()
  const bits = [...hash.subarray(0, 8)].map((byte) => byte.toString(2).padStart(8, '0')).join('')
  const found = registers(['a@example.com'])
  expect(found[Number.parseInt(bits.slice(0, 12), 2)]).toBe(bits.indexOf('1', 12) - 12 + 1)
  expect(found.filter((rank) => rank > 0)).toHaveLength(1)
})

test('servers with the same token mark alike, and with another one differently', () => {
  const here = registers(addresses(50))
  expect(registers(addresses(50), sketchKey('a token of the deployment')).equals(here)).toBe(true)
  expect(registers(addresses(50), sketchKey('a token of another')).equals(here)).toBe(false)
})

test('an empty one has nothing to tell, and one that was cleared is empty', () => {
  const sketch = createSketch(KEY)
  expect(sketch.encode()).toBeUndefined()
  sketch.add('a')
  expect(sketch.encode()).toBeDefined()
  sketch.clear()
  expect(sketch.encode()).toBeUndefined()
})
