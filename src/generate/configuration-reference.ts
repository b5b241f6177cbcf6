import { z } from 'zod'
import { configSchema, environment } from '../config/schema.ts'
import { markdownTable } from './markdown-table.ts'

type Node = {
  readonly description?: string
  readonly default?: unknown
  readonly properties?: Readonly<Record<string, Node>>
  readonly items?: Node
  readonly additionalProperties?: Node | boolean
  readonly anyOf?: readonly Node[]
}

interface Row {
  readonly path: string
  readonly node: Node
}

function below({ path, node }: Row): readonly Row[] {
  const described = Object.entries(node.properties ?? {}).filter(
    ([, child]) => child.description !== undefined,
  )
  const own = described.flatMap(([name, child]) =>
    walk({ path: path === '' ? name : `${path}.${name}`, node: child }),
  )
  const items = node.items?.properties === undefined ? [] : below({ path: `${path}[]`, node: node.items })
  const values = typeof node.additionalProperties === 'object' ? node.additionalProperties : undefined
  const keyed = values?.properties === undefined ? [] : below({ path: `${path}.<id>`, node: values })
  return [...own, ...items, ...keyed]
}

function walk(row: Row): readonly Row[] {
  const inside = below(row)
  // A section with described keys is told by them; its own default is only the sum of theirs.
  return inside.length > 0 && row.node.items === undefined ? inside : [row, ...inside]
}

function defaultText({ default: value }: Node): string {
  if (value === undefined || value === null || value === '') return ''
  return typeof value === 'object'
    ? Object.keys(value).length === 0
      ? ''
      : `\`${JSON.stringify(value)}\``
    : `\`${value}\``
}

/** Every key of `authwatch.yaml` with its default and its sentence. */
export function configurationReference(): string {
  const root = z.toJSONSchema(configSchema, { io: 'input', unrepresentable: 'any' }) as Node
  const rows = below({ path: '', node: root }).map(({ path, node }) => [
    `\`${path}\``,
    defaultText(node),
    node.description ?? '',
  ])
  return markdownTable(['key', 'default', 'meaning'], rows)
}

/** Every environment variable. */
export function environmentReference(): string {
  const rows = Object.entries(environment).map(([name, { secret, help }]) => [
    secret ? `\`${name}\`, \`${name}_FILE\`` : `\`${name}\``,
    help,
  ])
  return markdownTable(['variable', 'meaning'], rows)
}
