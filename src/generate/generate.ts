import { readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type AlertPolicy, defaultAlertPolicy } from '../catalogue/alert-policy.ts'
import type { Check } from '../catalogue/check.ts'
import { renderAlertmanager } from './alertmanager.ts'
import { boardFiles } from './board-files.ts'
import { checksBySubject, checksReference, runbookIndex } from './checks-reference.ts'
import { configurationReference, environmentReference } from './configuration-reference.ts'
import { makeFolder } from './make-folder.ts'
import { replaceSection } from './marked-section.ts'
import { metricsReference } from './metrics-reference.ts'
import { renderRuleFiles } from './rule-files.ts'

/** Text that is made from the catalogue, by the document and the section it stands in. */
function sectionsOf(checks: readonly Check[]): Readonly<Record<string, Readonly<Record<string, string>>>> {
  return {
    'README.md': { checks: checksBySubject(checks, 'alerts/README.md') },
    'docs/reference.md': {
      checks: checksReference(checks, '../alerts/README.md'),
      metrics: metricsReference(checks),
      configuration: configurationReference(),
      environment: environmentReference(),
    },
    'alerts/README.md': { index: runbookIndex(checks) },
  }
}

function referenceOf(checks: readonly Check[], { runbookUrl }: AlertPolicy): string {
  const sections = [
    ['Checks', checksReference(checks, runbookUrl)],
    ['Metrics of checks', metricsReference(checks)],
    ['Configuration', configurationReference()],
    ['Environment', environmentReference()],
  ] as const
  const text = sections.map(([title, table]) => `\n## ${title}\n\n${table}\n`).join('')
  return `# authwatch reference\n\nGenerated from the catalogue by \`authwatch generate\`; do not edit.\n${text}`
}

/** Rules and Alertmanager's configuration, by their path below the root. */
export function filesOf(
  checks: readonly Check[],
  policy: AlertPolicy = defaultAlertPolicy,
): Readonly<Record<string, string>> {
  return { ...renderRuleFiles(checks, policy), 'alerts/alertmanager.yml': renderAlertmanager(checks) }
}

export interface GenerateOptions {
  readonly checks: readonly Check[]
  readonly policy: AlertPolicy
  /** Where `alerts/` and `grafana/` are, or will be. */
  readonly folder: string
  /** `sections`: of the repository's documents, which must be there. `reference`: a document of its own. */
  readonly documents: 'sections' | 'reference'
  /** Default: true. */
  readonly boards?: boolean
}

/**
 * Writes everything that follows from the catalogue, or nothing when a part of it cannot be made. The same catalogue
 * gives the same bytes, so that a difference in the repository is a difference in the catalogue. Resolves with the
 * paths that changed.
 * @throws {BoardsUnavailableError | MarkerError}
 */
export async function generate(options: GenerateOptions): Promise<readonly string[]> {
  const { checks, policy, folder, documents, boards = true } = options
  const texts = {
    ...(documents === 'sections'
      ? await documentsOf(checks, folder)
      : { 'reference.md': referenceOf(checks, policy) }),
    ...filesOf(checks, policy),
    ...(boards ? await boardFiles(checks, policy) : {}),
  }
  const changed: string[] = []
  for (const [path, text] of Object.entries(texts)) {
    const file = join(folder, path)
    if (text === (await readFile(file, 'utf8').catch(() => undefined))) continue
    await makeFolder(dirname(file))
    await writeFile(file, text)
    changed.push(path)
  }
  return changed
}

async function documentsOf(
  checks: readonly Check[],
  folder: string,
): Promise<Readonly<Record<string, string>>> {
  const texts = Object.entries(sectionsOf(checks)).map(async ([path, sections]) => {
    const before = await readFile(join(folder, path), 'utf8')
    const after = Object.entries(sections).reduce(
      (text, [name, section]) => replaceSection(text, name, section),
      before,
    )
    return [path, after] as const
  })
  return Object.fromEntries(await Promise.all(texts))
}
