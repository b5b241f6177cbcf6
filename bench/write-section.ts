import { readFile, writeFile } from 'node:fs/promises'

const DOCUMENT = new URL('../docs/benchmarks.md', import.meta.url)

/** Puts a benchmark's words between its marks in docs/benchmarks.md. Throws when the marks are not there. */
export async function writeSection(name: string, text: string): Promise<void> {
  const [begin, end] = [`<!-- bench:${name} -->`, `<!-- /bench:${name} -->`]
  const document = await readFile(DOCUMENT, 'utf8')
  const [head, rest] = document.split(begin)
  const tail = rest?.split(end)[1]
  if (head === undefined || tail === undefined) throw new Error(`docs/benchmarks.md has lost ${begin}`)
  await writeFile(DOCUMENT, `${head}${begin}\n\n${text}\n${end}${tail}`)
}
