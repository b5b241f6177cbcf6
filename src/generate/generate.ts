import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Check } from '../catalogue/check.ts'
import { checksReference, runbookIndex } from './checks-reference.ts'
import { configurationReference, environmentReference } from './configuration-reference.ts'
import { replaceSection } from './marked-section.ts'
import { metricsReference } from './metrics-reference.ts'

/** Text that is made from the catalogue, by the document and the section it stands in. */
function sectionsOf(checks: readonly Check[]): Readonly<Record<string, Readonly<Record<string, string>>>> {
  return {
    'README.md': {
      checks: checksReference(checks, 'alerts/README.md'),
      metrics: metricsReference(checks),
      configuration: configurationReference(),
      environment: environmentReference(),
    },
    'alerts/README.md': { index: runbookIndex(checks) },
  }
}

/**
 * Writes everything that follows from the catalogue. The same catalogue gives the same bytes, so that a difference
 * in the repository is a difference in the catalogue. Resolves with the paths that changed.
 */
export async function generate(checks: readonly Check[], root: string): Promise<readonly string[]> {
  const changed: string[] = []
  for (const [path, sections] of Object.entries(sectionsOf(checks))) {
    const file = join(root, path)
    const before = await readFile(file, 'utf8')
    const after = Object.entries(sections).reduce((text, [name, section]) => replaceSection(text, name, section), before)
    if (after === before) continue
    await writeFile(file, after)
    changed.push(path)
  }
  return changed
}
