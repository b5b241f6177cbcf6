import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Check } from '../catalogue/check.ts'
import { renderAlertmanager } from './alertmanager.ts'
import { checksReference, runbookIndex } from './checks-reference.ts'
import { configurationReference, environmentReference } from './configuration-reference.ts'
import { replaceSection } from './marked-section.ts'
import { metricsReference } from './metrics-reference.ts'
import { type RuleOptions, renderRuleFiles } from './rule-files.ts'

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

/** Files that are made from the catalogue as a whole, by their path below the root. */
export function filesOf(
  checks: readonly Check[],
  options: RuleOptions = {},
): Readonly<Record<string, string>> {
  return { ...renderRuleFiles(checks, options), 'alerts/alertmanager.yml': renderAlertmanager(checks) }
}

/**
 * Writes everything that follows from the catalogue. The same catalogue gives the same bytes, so that a difference
 * in the repository is a difference in the catalogue. Resolves with the paths that changed.
 */
export async function generate(
  checks: readonly Check[],
  root: string,
  options: RuleOptions = {},
): Promise<readonly string[]> {
  const changed: string[] = []
  const write = async (path: string, text: string, before: string | undefined): Promise<void> => {
    if (text === before) return
    await writeFile(join(root, path), text)
    changed.push(path)
  }
  for (const [path, sections] of Object.entries(sectionsOf(checks))) {
    const before = await readFile(join(root, path), 'utf8')
    const after = Object.entries(sections).reduce(
      (text, [name, section]) => replaceSection(text, name, section),
      before,
    )
    await write(path, after, before)
  }
  for (const [path, text] of Object.entries(filesOf(checks, options))) {
    await write(path, text, await readFile(join(root, path), 'utf8').catch(() => undefined))
  }
  return changed
}
