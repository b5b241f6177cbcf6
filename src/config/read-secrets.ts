import type { Canaries, ExpectedSecrets } from '../catalogue/fleet.ts'
import { checkRedisUrl, checkWorkerUrl, postgresUrl } from './check-url.ts'
import type { ConfigProblem } from './config-error.ts'

/** What only the environment may hold, but for the databases' URLs. Null: not set. */
export interface Secrets {
  readonly stateUrl: string | null
  readonly redisUrl: string | null
  readonly canaries: Pick<Canaries, 'account' | 'session' | 'apiKey'>
  readonly expected: ExpectedSecrets
  readonly ingestTokens: readonly string[]
  readonly workerUrl: string | null
}

/** Every secret by its variable. Faults are added to `problems`, never with a value. */
export function readSecrets(read: (name: string) => string | undefined, problems: ConfigProblem[]): Secrets {
  const stateUrl = read('STATE_DATABASE_URL')
  if (stateUrl !== undefined) postgresUrl(stateUrl, 'STATE_DATABASE_URL', problems, 'environment')
  const redisUrl = read('REDIS_URL')
  if (redisUrl !== undefined) checkRedisUrl(redisUrl, problems)
  const workerUrl = read('AUTHWATCH_WORKER_URL')
  if (workerUrl !== undefined) checkWorkerUrl(workerUrl, problems)
  const email = read('AUTHWATCH_CANARY_EMAIL')
  const password = read('AUTHWATCH_CANARY_PASSWORD')
  if ((email === undefined) !== (password === undefined)) {
    const path = email === undefined ? 'AUTHWATCH_CANARY_EMAIL' : 'AUTHWATCH_CANARY_PASSWORD'
    problems.push({
      where: 'environment',
      path,
      message: 'not set, though the other half of the canary account is',
    })
  }
  const account = email === undefined || password === undefined ? undefined : { email, password }
  const canaries = {
    account,
    session: read('AUTHWATCH_CANARY_SESSION'),
    apiKey: read('AUTHWATCH_CANARY_API_KEY'),
  }
  const expected = {
    auth: read('BETTER_AUTH_SECRET'),
    extensionToken: read('EXTENSION_TOKEN_SECRET'),
    attestationToken: read('AUTHWATCH_ATTESTATION_TOKEN'),
  }
  const ingestTokens = readIngestTokens(read, problems)
  return {
    ...{ stateUrl: stateUrl ?? null, redisUrl: redisUrl ?? null, workerUrl: workerUrl ?? null },
    ...{ canaries, expected, ingestTokens },
  }
}

/** Shorter ones could be guessed over the network in time. */
const MIN_TOKEN_LENGTH = 32

function readIngestTokens(
  read: (name: string) => string | undefined,
  problems: ConfigProblem[],
): readonly string[] {
  return ['AUTHWATCH_INGEST_TOKEN', 'AUTHWATCH_INGEST_TOKEN_NEXT'].flatMap((path) => {
    const token = read(path)
    if (token === undefined) return []
    if (token.length < MIN_TOKEN_LENGTH || /\s/.test(token)) {
      const message = `use ${MIN_TOKEN_LENGTH} random characters or more without spaces, as of \`openssl rand -base64 32\``
      problems.push({ where: 'environment', path, message })
    }
    return [token]
  })
}
