import { expect, test } from 'vitest'
import { originalText, plainText } from '../../src/catalogue/plain-text.ts'

test.for([
  ['acme', 'acme'],
  ['a\u001b[2J\u202e\n', 'a\\u{1b}[2J\\u{202e}\\u{a}'],
  ['tag \u{e0041}', 'tag \\u{e0041}'],
])('%j is shown as %j, and known again by that', ([text = '', shown = '']) => {
  expect(plainText(text)).toBe(shown)
  expect(originalText(shown)).toBe(text)
})

test('codes that are none of ours stay what they are', () => {
  for (const text of ['\\u{0}', '\\u{41}', '\\u{110000}', '\\u{D800}', '\\u{1b'])
    expect(originalText(text)).toBe(text)
})

test('what was cut is not taken for a whole', () => {
  expect(originalText(plainText('x'.repeat(499)))).toBe('x'.repeat(499))
  expect(originalText(plainText('x'.repeat(600)))).toBeUndefined()
  expect(originalText(plainText('\n'.repeat(499)))).toBe('\n'.repeat(499))
  expect(originalText(plainText('\n'.repeat(501)))).toBeUndefined()
})
