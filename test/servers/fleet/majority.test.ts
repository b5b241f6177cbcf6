import { expect, test } from 'vitest'
import { majority } from '../../../src/servers/fleet/majority.ts'

const of = (values: Readonly<Record<string, string>>) => majority(new Map(Object.entries(values)))

test.each([
  { values: {}, agreed: [], odd: [] },
  { values: { a: '1' }, agreed: ['a'], odd: [] },
  { values: { a: '1', b: '1', c: '1' }, agreed: ['a', 'b', 'c'], odd: [] },
  { values: { a: '1', b: '2', c: '1' }, agreed: ['a', 'c'], odd: ['b'] },
  { values: { a: '1', b: '2', c: '3', d: '3' }, agreed: ['c', 'd'], odd: ['a', 'b'] },
])('of $values those who agree are $agreed', ({ values, agreed, odd }) => {
  expect(of(values)).toEqual({ agreed, odd })
})

test('in an even split nobody is right', () => {
  expect(of({ a: '1', b: '2' })).toEqual({ agreed: [], odd: ['a', 'b'] })
  expect(of({ a: '1', b: '2', c: '1', d: '2', e: '3' })).toEqual({
    agreed: [],
    odd: ['a', 'b', 'c', 'd', 'e'],
  })
})
