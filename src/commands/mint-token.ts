import { type Duration, seconds } from '../catalogue/duration.ts'
import type { Config } from '../config/load.ts'
import { findMembership, type Membership } from '../database/find-membership.ts'
import { NotHere } from '../database/scope.ts'
import { openTargets } from '../run/open-target.ts'
import { mintExtensionToken } from '../servers/extension-token/mint-extension-token.ts'
import { targetOptions } from './target-options.ts'
import { palette } from './terminal/colours.ts'
import type { Terminal } from './terminal/terminal.ts'
import { UsageError } from './terminal/usage-error.ts'

export interface MintOptions {
  readonly org: string
  readonly user: string
  /** Default: the policy's audience. */
  readonly extension: string | undefined
  /** Default: the policy's scopes. */
  readonly scopes: readonly string[] | undefined
  readonly ttl: Duration | undefined
  readonly force: boolean
}

/** Long enough to try something, unless the policy is shorter. */
const DEFAULT_TTL: Duration = '10m'
const TIMEOUT_MS = 10_000

/** `authwatch token mint`: a token as the application makes them, on standard output and nowhere else. */
export async function mintToken(config: Config, options: MintOptions, terminal: Terminal): Promise<void> {
  const secret = config.fleet.secrets.extensionToken
  if (secret === undefined) throw new UsageError('set EXTENSION_TOKEN_SECRET to the secret of the servers')
  const { extensionToken } = config.policy
  const { org, user, force } = options
  const scopes = options.scopes ?? extensionToken.scopes
  const audience = options.extension ?? extensionToken.audience
  const lifetime = options.ttl ?? shorter(DEFAULT_TTL, extensionToken.lifetime)
  const found = await membershipOf(config, { userId: user, organizationId: org })
  const doubts = [
    ...(scopes.includes('*') ? ['the scope * opens everything, and a healthy server refuses it'] : []),
    ...(seconds(lifetime) > seconds(extensionToken.lifetime)
      ? [`${lifetime} is longer than the policy's ${extensionToken.lifetime}`]
      : []),
    ...(seconds(lifetime) === 0 ? ['a lifetime of nothing is over at once'] : []),
    ...doubtsAbout(found, { user, org }),
  ]
  if (doubts.length > 0 && !force)
    throw new UsageError(`no token was made: ${doubts.join('; ')} (--force makes it)`)
  const now = Date.now()
  const token = await mintExtensionToken({
    kind: 'valid',
    policy: { lifetime, audience, scopes },
    identity: { userId: user, organizationId: org },
    secret,
    now,
  })
  const { yellow } = palette(terminal)
  const until = new Date(now + seconds(lifetime) * 1000).toISOString().slice(0, 19)
  terminal.err(
    [
      ...doubts.map((doubt) => yellow(`forced: ${doubt}`)),
      yellow(
        `Whoever holds this token acts as user ${user} in organization ${org} for extension ${audience},`,
      ),
      yellow(`with the scopes ${scopes.join(', ') || 'none'}, until ${until} UTC. It cannot be taken back.`),
      '',
    ].join('\n'),
  )
  terminal.out(`${token}\n`)
}

function shorter(a: Duration, b: Duration): Duration {
  return seconds(a) < seconds(b) ? a : b
}

async function membershipOf(
  config: Config,
  identity: { readonly userId: string; readonly organizationId: string },
): Promise<Membership | undefined> {
  // Extension tokens are for users of the servers, whose database is the first.
  await using targets = openTargets(targetOptions(config, Date.now).slice(0, 1))
  const target = targets[0]!
  return await target.database.transaction(TIMEOUT_MS, async (reader) => {
    const names = await target.names(reader)
    try {
      return await findMembership({ reader, names, policy: config.policy }, identity)
    } catch (cause) {
      // Thrown on, it would count as an error of the database.
      if (cause instanceof NotHere) return undefined
      throw cause
    }
  })
}

function doubtsAbout(
  found: Membership | undefined,
  named: Pick<MintOptions, 'user' | 'org'>,
): readonly string[] {
  if (found === undefined) return ['this database has no organizations']
  const { user, organization, member } = found
  if (!user || !organization)
    return [
      ...(user ? [] : [`there is no user ${named.user}`]),
      ...(organization ? [] : [`there is no organization ${named.org}`]),
    ]
  return member ? [] : [`user ${named.user} does not belong to organization ${named.org}`]
}
