import type { Target } from '../run/target.ts'
import type { Places } from './open-places.ts'
import { UsageError } from './terminal/usage-error.ts'

/** The database that is meant. Throws UsageError when it is not there, or when several could be meant. */
export function targetNamed({ targets }: Pick<Places, 'targets'>, name: string | undefined): Target {
  const [target, ...others] = targets.filter((each) => name === undefined || each.name === name)
  if (target === undefined) throw new UsageError(`no database is named ${name}`)
  if (others.length === 0) return target
  const names = targets.map((each) => each.name).join(', ')
  throw new UsageError(`several databases are configured; name one with --database: ${names}`)
}
