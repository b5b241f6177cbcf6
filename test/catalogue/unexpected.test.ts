import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { unexpected } from '../../src/catalogue/unexpected.ts'

const SECRET = 'Pl4nted-in-an-error'

test('an error that nobody foresaw is told by its kind, its code and its place, not by its words', () => {
  const cause = new Error(SECRET)
  const error = Object.assign(new TypeError(`Headers: "${SECRET}\n    at ${SECRET}" is wrong`, { cause }), {
    code: 'ERR_INVALID_CHAR',
    url: SECRET,
  })
  const told = unexpected(error)
  expect(told).toMatch(/^unexpected TypeError ERR_INVALID_CHAR\n {4}at .*unexpected\.test\.ts/)
  expect(told).not.toContain(SECRET)
  expect(unexpected(SECRET)).toBe('an unexpected string was thrown')
  expect(unexpected(Object.assign(new Error(SECRET), { name: SECRET, code: SECRET }))).not.toContain(SECRET)
})

test('what the system says of a file is told, since it names the file alone', async () => {
  const error: unknown = await readFile('/nowhere').catch((cause: unknown) => cause)
  expect(unexpected(error)).toBe("ENOENT: no such file or directory, open '/nowhere'")
})
