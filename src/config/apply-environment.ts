import type { ConfigProblem } from './config-error.ts'
import type { Environment } from './environment.ts'
import { environment } from './schema.ts'
import type { Source } from './source.ts'

/** Variables that stand for a key of the file. */
const SETTINGS = {
  AUTHWATCH_HTTP_HOST: ['http', 'host'],
  AUTHWATCH_HTTP_PORT: ['http', 'port'],
  AUTHWATCH_WEB_CONFIG_FILE: ['http', 'webConfigFile'],
  AUTHWATCH_HTTP_ALLOW_UNAUTHENTICATED: ['http', 'allowUnauthenticated'],
  AUTHWATCH_STATE_DIRECTORY: ['state', 'directory'],
  AUTHWATCH_LOG_LEVEL: ['log', 'level'],
} as const

/** What the file says, but for the keys that a variable says otherwise. Variables nobody knows are faults. */
export function applyEnvironment(source: Source, env: Environment, problems: ConfigProblem[]): unknown {
  for (const name of Object.keys(env)) {
    if (name.startsWith('AUTHWATCH_') && !name.startsWith('AUTHWATCH_TEST_') && !isKnown(name)) {
      problems.push({
        where: 'environment',
        path: name,
        message: 'no such setting; docs/reference.md lists them',
      })
    }
  }
  if (typeof source.value !== 'object' || source.value === null || Array.isArray(source.value))
    return source.value
  const value: Record<string, unknown> = { ...source.value }
  for (const [name, [section, key]] of Object.entries(SETTINGS)) {
    const text = env[name]
    if (text === undefined || text === '') continue
    const given = key === 'port' ? Number(text) : key === 'allowUnauthenticated' ? truthOf(text) : text
    const existing = value[section]
    value[section] = { ...(typeof existing === 'object' ? existing : {}), [key]: given }
  }
  return value
}

/** What is neither stays text, which the schema refuses. */
function truthOf(text: string): boolean | string {
  return text === 'true' || (text === 'false' ? false : text)
}

/** A secret may be in a file that another variable names: see `secretReader`. */
function isKnown(name: string): boolean {
  const known: Readonly<Record<string, { readonly secret: boolean }>> = environment
  return name in known || (name.endsWith('_FILE') && known[name.slice(0, -'_FILE'.length)]?.secret === true)
}
