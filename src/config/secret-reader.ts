import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { ConfigProblem } from './config-error.ts'
import type { Environment } from './environment.ts'

/** A secret by its variable, or by the file that `<variable>_FILE` names. */
export function secretReader({ env, cwd }: { env: Environment; cwd: string }, problems: ConfigProblem[]) {
  return (name: string): string | undefined => {
    const direct = env[name] || undefined
    const path = env[`${name}_FILE`] || undefined
    if (path === undefined) return direct
    if (direct !== undefined) {
      problems.push({ where: 'environment', path: name, message: `set this or ${name}_FILE, not both` })
      return direct
    }
    try {
      return readFileSync(resolve(cwd, path), 'utf8').trim() || undefined
    } catch (cause) {
      const why = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unreadable'
      problems.push({
        where: 'environment',
        path: `${name}_FILE`,
        message: `the file cannot be read (${why})`,
      })
      return undefined
    }
  }
}
