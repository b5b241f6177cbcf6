import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { SLOWEST } from './slowest-first.ts'

test('every file that begins first is there', () => {
  const project = new URL('../../', import.meta.url)
  expect(SLOWEST.filter((path) => !existsSync(fileURLToPath(new URL(path, project))))).toEqual([])
})
