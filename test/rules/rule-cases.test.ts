import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { catalogue } from '../../src/commands/catalogue.ts'
import { filesOf } from '../../src/generate/generate.ts'
import { caseFile, complaints } from './rule-cases.ts'

const folder = new URL('./', import.meta.url)
const names = readdirSync(folder).filter((name) => name.endsWith('.test.yml'))
const files = filesOf(catalogue)

// Two processors and a promtool for each file: two at a time keep both busy.
test.concurrent.each(names)('%s', { timeout: 60_000 }, async (name) => {
  const cases = caseFile.parse(parse(readFileSync(new URL(name, folder), 'utf8')))
  expect(await complaints(cases, files)).toBe('')
})
