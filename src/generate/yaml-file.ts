import { stringify } from 'yaml'

/** YAML that is the same for the same content: nothing is folded, shared or reordered. `head` becomes comments. */
export function yamlFile(head: readonly string[], body: unknown): string {
  const options = { lineWidth: 0, aliasDuplicateObjects: false, blockQuote: 'literal' } as const
  return `${head.map((line) => `# ${line}\n`).join('')}${stringify(body, options)}`
}
