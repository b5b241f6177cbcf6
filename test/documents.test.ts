import { readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const PROJECT = fileURLToPath(new URL('..', import.meta.url))

const documents = ['.', 'alerts', 'docs', 'docs/decisions'].flatMap((folder) =>
  readdirSync(join(PROJECT, folder))
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(folder, name)),
)

/** As Markdown renderers slug a heading. */
function anchorsOf(file: string): ReadonlySet<string> {
  const headings = readFileSync(file, 'utf8').matchAll(/^#+ (.*)$/gm)
  return new Set(
    [...headings].map(([, title = '']) =>
      title
        .toLowerCase()
        .replaceAll(/[^\p{Letter}\p{Number} _-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  )
}

function brokenLinks(path: string): readonly string[] {
  const file = join(PROJECT, path)
  const prose = readFileSync(file, 'utf8').replaceAll(/^```[\s\S]*?^```/gm, '')
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, link = '']) => {
    if (/^[a-z]+:/.test(link)) return []
    const [target = '', anchor] = link.split('#')
    const to = target === '' ? file : join(dirname(file), target)
    const isThere = statSync(to, { throwIfNoEntry: false }) !== undefined
    const isRight = isThere && (anchor === undefined || anchorsOf(to).has(anchor))
    return isRight ? [] : [`${path}: ${link} leads to no part of ${relative(PROJECT, to)}`]
  })
}

test('there are documents, with links', () => {
  expect(documents).toEqual(expect.arrayContaining(['README.md', 'alerts/README.md', 'docs/reference.md']))
  expect(readFileSync(join(PROJECT, 'README.md'), 'utf8')).toContain('](docs/reference.md#metrics)')
})

test.each(documents)('every link in %s leads somewhere', (path) => {
  expect(brokenLinks(path)).toEqual([])
})
