import type { z } from 'zod'
import type { ConfigProblem } from './config-error.ts'
import { configSchema, type FileConfig } from './schema.ts'
import type { Source } from './source.ts'

/** Undefined when it is not as the schema says. Every fault is added to `problems`, with its line in the source. */
export function parseFile(value: unknown, source: Source, problems: ConfigProblem[]): FileConfig | undefined {
  const parsed = configSchema.safeParse(value)
  if (parsed.success) return parsed.data
  for (const issue of parsed.error.issues) problems.push(...describe(issue, source))
  return undefined
}

function describe(issue: z.core.$ZodIssue, source: Source): readonly ConfigProblem[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => {
      const path = [...issue.path, key]
      const secret = key === 'url' ? ': secrets do not belong in this file; name a variable with urlEnv' : ''
      return { where: source.where(path), path: pathText(path), message: `unknown key${secret}` }
    })
  }
  return [{ where: source.where(issue.path), path: pathText(issue.path), message: issue.message }]
}

/** Such as `databases[0].schema`. */
export function pathText(path: readonly PropertyKey[]): string {
  return path.reduce<string>(
    (text, key) =>
      typeof key === 'number' ? `${text}[${key}]` : text === '' ? String(key) : `${text}.${String(key)}`,
    '',
  )
}
