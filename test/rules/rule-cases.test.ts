import { readdirSync, readFileSync } from 'node:fs'
import pLimit from 'p-limit'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { catalogue } from '../../src/commands/catalogue.ts'
import { filesOf } from '../../src/generate/generate.ts'
import { binaryOrSkip } from '../support/binaries.ts'
import { caseFile, complaints } from './rule-cases.ts'

const missing = 'skip' in (await binaryOrSkip('promtool'))
const folder = new URL('./', import.meta.url)
const names = readdirSync(folder).filter((name) => name.endsWith('.test.yml'))
const files = filesOf(catalogue)

/** Each takes a processor for some seconds: more at a time would only bring all nearer to promtool's deadline. */
const inPairs = pLimit(2)

test.skipIf(missing).concurrent.each(names)('%s', { timeout: 120_000 }, async (name) => {
  const cases = caseFile.parse(parse(readFileSync(new URL(name, folder), 'utf8')))
  expect(await inPairs(() => complaints(cases, files))).toBe('')
})
