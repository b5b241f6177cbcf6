import type { ConfigProblem } from './config-error.ts'

/** The URL if it is PostgreSQL's. */
export function postgresUrl(url: string | undefined, name: string, problems: ConfigProblem[], where: string) {
  if (url !== undefined) return checkUrl(url, name, ['postgres:', 'postgresql:'], problems, where)
  const message = `not set; give a postgres:// URL in ${name}, or a file that holds it in ${name}_FILE`
  if (!problems.some(({ path }) => path === `${name}_FILE`)) problems.push({ where, path: name, message })
  return undefined
}

/** The URL itself is never part of a message: it holds a password. */
export function checkUrl(
  url: string,
  name: string,
  protocols: readonly string[],
  problems: ConfigProblem[],
  where: string,
) {
  const protocol = URL.canParse(url) ? new URL(url).protocol : undefined
  if (protocol !== undefined && protocols.includes(protocol)) return url
  const wanted = protocols.map((each) => `${each}//`).join(' or ')
  problems.push({ where, path: name, message: `not a ${wanted} URL` })
  return undefined
}

/** A user or password that cannot be read out of it could not be sent. */
export function checkWorkerUrl(url: string, problems: ConfigProblem[]): void {
  const where = { where: 'environment', path: 'AUTHWATCH_WORKER_URL' }
  const right = checkUrl(url, where.path, ['http:', 'https:'], problems, where.where)
  if (right === undefined) return
  try {
    const { username, password } = new URL(right)
    decodeURIComponent(`${username}${password}`)
  } catch {
    problems.push({ ...where, message: 'its user or password has a % that begins no code; write it as %25' })
  }
}

/** Of another path than a number the client would make an error that nobody catches. */
export function checkRedisUrl(url: string, problems: ConfigProblem[]): void {
  const where = { where: 'environment', path: 'REDIS_URL' }
  const right = checkUrl(url, where.path, ['redis:', 'rediss:'], problems, where.where)
  if (right === undefined || /^\/?\d{0,5}$/.test(new URL(right).pathname)) return
  problems.push({ ...where, message: 'its path is the number of a database, such as /0' })
}
