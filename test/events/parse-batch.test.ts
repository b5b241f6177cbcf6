import { expect, test } from 'vitest'
import { MAX_ENTRIES, MAX_NUMBER, parseBatch } from '../../src/events/parse-batch.ts'
import { seriesOf } from '../../src/events/series.ts'
import { operations, outcomes } from '../../src/events/vocabulary.ts'
import { batchOf, found, rejected, told } from './sample-batches.ts'

const sketch = Buffer.alloc(4096, 53).toString('base64')

test('what the client sends is a batch', () => {
  const everything = {
    ...batchOf({ counts: [rejected(3), found(1), told(2)], dropped: 4 }),
    ...{ accounts: sketch, sources: sketch },
  }
  expect(parseBatch(everything)).toEqual(everything)
  expect(parseBatch(batchOf({ counts: [] }))).toMatchObject({ counts: [] })
})

test('every series of the vocabulary is taken, also to announce it', () => {
  const counts = operations.flatMap(seriesOf).map((labels) => ({ ...labels, count: 0, buckets: [], sum: 0 }))
  expect(parseBatch(batchOf({ counts })).counts).toEqual(counts)
  expect(counts.length).toBeLessThan(MAX_ENTRIES / 2)
})

test('events without a duration may be among those with one', () => {
  const some = { ...rejected(3), count: 5 }
  expect(parseBatch(batchOf({ counts: [some] })).counts).toEqual([some])
})

const SECRET = 'hunter2'
const one = rejected(3)
const entry = (changes: object) => ({ ...batchOf(), counts: [{ ...one, ...changes }] })
const nineZeros = new Array<number>(9).fill(0)

test.for<[string, unknown, string]>([
  ['nothing', null, 'the whole'],
  ['a list', [batchOf()], 'the whole'],
  ['text', SECRET, 'the whole'],
  ['another version', { ...batchOf(), version: 2 }, 'version'],
  ['a key too many', { ...batchOf(), [SECRET]: 1 }, 'the whole: unrecognized keys'],
  ['a prototype', JSON.parse('{"__proto__": {"counts": []}}'), 'version'],
  ['no source', { ...batchOf(), source: undefined }, 'source'],
  ['a source that is no UUID', batchOf({ source: SECRET }), 'source'],
  ['a server with a label in it', batchOf({ server: `a",x="${SECRET}` }), 'server'],
  ['a server of 64 characters', batchOf({ server: 'a'.repeat(64) }), 'server'],
  ['an empty server', batchOf({ server: '' }), 'server'],
  ['sequence 0', batchOf({ sequence: 0 }), 'sequence'],
  ['a negative sequence', batchOf({ sequence: -1 }), 'sequence'],
  ['a sequence beyond whole numbers', batchOf({ sequence: 2 ** 53 }), 'sequence'],
  ['half a sequence', batchOf({ sequence: 1.5 }), 'sequence'],
  ['a sequence as text', { ...batchOf(), sequence: '1' }, 'sequence'],
  ['a negative epoch', batchOf({ epoch: -1 }), 'epoch'],
  ['negative drops', batchOf({ dropped: -1 }), 'dropped'],
  ['drops without end', { ...batchOf(), dropped: JSON.parse('1e999') }, 'dropped'],
  ['counts that are no list', { ...batchOf(), counts: { 0: one } }, 'counts'],
  ['too many entries', batchOf({ counts: new Array(MAX_ENTRIES + 1).fill(one) }), 'counts: too big'],
  ['an unknown operation', entry({ operation: SECRET }), 'counts[0].operation'],
  ['the callback of nobody', entry({ operation: `callback_${SECRET}` }), 'counts[0].operation'],
  ['an unknown outcome', entry({ outcome: SECRET }), 'counts[0].outcome'],
  ['an unknown reason', entry({ reason: SECRET }), 'counts[0].reason'],
  ['a reason of another operation', entry({ reason: 'token_scope' }), 'counts[0].reason: none of this'],
  ['a reason of another outcome', entry({ reason: 'ok' }), 'counts[0].reason: none of this'],
  ['a key too many in an entry', entry({ [SECRET]: 1 }), 'counts[0]: unrecognized keys'],
  ['a negative count', entry({ count: -3, buckets: [] }), 'counts[0].count'],
  ['half an event', entry({ count: 3.5 }), 'counts[0].count'],
  ['a huge count', entry({ count: MAX_NUMBER + 1 }), 'counts[0].count'],
  ['a count without end', entry({ count: JSON.parse('1e999') }), 'counts[0].count'],
  ['a count as text', entry({ count: '3' }), 'counts[0].count'],
  ['no count', entry({ count: undefined }), 'counts[0].count'],
  ['a bucket too few', entry({ buckets: nineZeros }), 'counts[0].buckets: not a whole number'],
  ['a bucket too many', entry({ buckets: [...nineZeros, 0, 0] }), 'counts[0].buckets: not a whole number'],
  ['a negative bucket', entry({ buckets: [...nineZeros, -1] }), 'counts[0].buckets: not a whole number'],
  ['half an event in a bucket', entry({ buckets: [...nineZeros, 0.5] }), 'counts[0].buckets: not a whole'],
  ['a huge bucket', entry({ buckets: [...nineZeros, MAX_NUMBER + 1] }), 'counts[0].buckets: not a whole'],
  ['a bucket as text', entry({ buckets: [...nineZeros, '3'] }), 'counts[0].buckets: not a whole'],
  ['a hole in the buckets', entry({ buckets: [...nineZeros, null] }), 'counts[0].buckets: not a whole'],
  ['buckets that are no list', entry({ buckets: { length: 0 } }), 'counts[0].buckets: not a whole'],
  ['more in the buckets than counted', entry({ buckets: [...nineZeros, 4] }), 'counts[0].buckets: more'],
  ['negative seconds', entry({ sum: -0.1 }), 'counts[0].sum'],
  ['seconds without end', entry({ sum: JSON.parse('1e999') }), 'counts[0].sum'],
  ['seconds of no event', entry({ buckets: [], sum: 1 }), 'counts[0].sum: seconds of no event'],
  ['a sketch that is no base64', { ...batchOf(), accounts: '!'.repeat(5464) }, 'accounts'],
  ['a short sketch', { ...batchOf(), sources: sketch.slice(4) }, 'sources'],
  ['a sketch of no ranks', { ...batchOf(), accounts: Buffer.alloc(4096, 54).toString('base64') }, 'accounts'],
])('%s is refused with its place and without its content', ([, value, place]) => {
  const attempt = () => parseBatch(value)
  expect(attempt).toThrow(expect.objectContaining({ name: 'IngestRefusal', status: 400 }))
  expect(attempt).toThrow(`not a batch: ${place}`)
  expect(attempt).not.toThrow(SECRET)
})

test('each outcome has its own reasons', () => {
  for (const outcome of outcomes) {
    const valid = outcome === 'success' ? 'ok' : outcome === 'error' ? 'exception' : 'banned'
    const [counted] = parseBatch(batchOf({ counts: [{ ...one, outcome, reason: valid }] })).counts
    expect(counted?.reason).toBe(valid)
  }
})
