import { readFile, writeFile } from 'node:fs/promises'
import { cpus } from 'node:os'
import { fileURLToPath } from 'node:url'
import { replaceSection } from '../../src/generate/marked-section.ts'
import { versionsOfBackends } from '../faults/versions.ts'

const DOCUMENT = fileURLToPath(new URL('../../docs/chaos.md', import.meta.url))

/** Renews one section of `docs/chaos.md`: the text, below when and on what it was seen. The rest is written by hand. */
export async function writeSection(name: 'schedule' | 'ingest', text: string): Promise<void> {
  const date = new Date().toISOString().slice(0, 10)
  const versions = (await versionsOfBackends()).join(', ')
  const head = `Last run ${date} on ${cpus().length} cores; ${versions}.`
  await writeFile(DOCUMENT, replaceSection(await readFile(DOCUMENT, 'utf8'), name, `${head} ${text}`))
}
