import type { PlantedWorld } from './planted-world.ts'

/** A use of the command line; `input` is standard input. */
export interface CommandLine {
  readonly args: readonly string[]
  readonly input?: string
}

/**
 * How each command is used where all is well; a command that is not here is run without arguments. `serve` and `demo`
 * have tests of their own.
 */
export function commandLines({ env, fleet }: PlantedWorld): readonly CommandLine[] {
  const { userId, tenantId } = fleet.canary
  const onApp = ['--database', 'app']
  const lines = [
    'check --json',
    'probe --json',
    'findings --json',
    'findings --all --csv',
    'findings diff',
    'fix organization.membership_orphaned --database other',
    'fix organization.membership_orphaned --database other --apply --yes',
    'grants --database app',
    'generate --out generated --no-boards',
    'doctor --prometheus http://planted:Pl4nted-in-a-url@127.0.0.1:9 --json',
    `diagnose user ${userId} --database app`,
    'diagnose alert AuthwatchSecretAuthDiffers server=crm-b',
    'diagnose alert session.user_missing target=other --json',
    'diagnose login --sign-in --json',
    `token mint --user ${userId} --org ${tenantId}`,
  ]
  return [
    ...lines.map((line) => ({ args: line.split(' ') })),
    { args: ['diagnose', 'session', ...onApp], input: env.AUTHWATCH_CANARY_SESSION },
    { args: ['diagnose', 'session', ...onApp, '--json'], input: `session=${env.AUTHWATCH_INGEST_TOKEN}` },
    { args: ['diagnose', 'api-key', ...onApp, '--json'], input: env.AUTHWATCH_CANARY_API_KEY },
    { args: ['diagnose', 'extension-token', ...onApp], input: env.EXTENSION_TOKEN_SECRET },
    { args: ['token', 'inspect'], input: env.EXTENSION_TOKEN_SECRET },
  ]
}

/** The same where something is wrong: each with what is different, and what a hasty operator would run. */
export function wrongSetups({ env }: PlantedWorld, places: Places): readonly WrongSetup[] {
  const databases = ['DATABASE_URL', 'OTHER_DATABASE_URL', 'STATE_DATABASE_URL', 'FIX_DATABASE_URL'] as const
  const all = (parts: Partial<Pick<URL, 'password' | 'port' | 'pathname' | 'protocol' | 'search'>>) =>
    Object.fromEntries(
      [...databases, 'REDIS_URL' as const].map((name) => [
        name,
        Object.assign(new URL(env[name]), parts).href,
      ]),
    )
  const password = encodeURIComponent(places.wrongPassword)
  const apply = 'fix organization.membership_orphaned --database other --apply --yes'
  return [
    { env: all({ password }), lines: ['check --json', 'findings', 'doctor', apply] },
    { env: all({ port: String(places.closedPort) }), lines: ['check', 'doctor --json', apply] },
    { env: all({ port: String(places.silentPort) }), lines: ['check user --json'] },
    { env: all({ pathname: '/nowhere' }), lines: ['config check'] },
    { env: { ...all({ pathname: '/nowhere' }), REDIS_URL: env.REDIS_URL }, lines: ['check', 'findings'] },
    { env: all({ protocol: 'mysql:' }), lines: ['config check', 'doctor'] },
    { env: all({ search: '?sslmode=require' }), lines: ['check user', 'findings'] },
    {
      env: Object.fromEntries(databases.map((name) => [name, places.wrongPassword])),
      lines: ['config check'],
    },
    { env: { AUTHWATCH_TYPO: places.wrongPassword }, lines: ['config check'] },
    { env: { AUTHWATCH_INGEST_TOKEN: 'Pl4nted-too-short' }, lines: ['config check'] },
    { env: { BETTER_AUTH_SECRET_FILE: '/nowhere' }, lines: ['config check'] },
    { env: { AUTHWATCH_WEB_CONFIG_FILE: places.secretFile, AUTHWATCH_HTTP_PORT: '0' }, lines: ['serve'] },
    ...[places.secretFile, ...places.secretYamls].map((path) => ({
      env: { AUTHWATCH_CONFIG: path },
      lines: ['config check'],
    })),
  ]
}

export interface WrongSetup {
  readonly env: Readonly<Record<string, string>>
  readonly lines: readonly string[]
}

export interface Places {
  /** Also planted. */
  readonly wrongPassword: string
  readonly closedPort: number
  readonly silentPort: number
  /** Holds nothing but a secret. */
  readonly secretFile: string
  /** Hold secrets where settings belong. */
  readonly secretYamls: readonly string[]
}
