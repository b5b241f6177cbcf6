import { credentialAccepted } from '../../catalogue/families/credential.ts'
import { type ProbeScope, probe, Refusal, type ServerClient } from '../../catalogue/probe.ts'
import { asUnusable } from '../../servers/as-unusable.ts'
import { mintExtensionToken } from '../../servers/extension-token/mint-extension-token.ts'
import { tokenMatrix } from '../../servers/extension-token/token-matrix.ts'
import { type Judgement, oddOneOut } from '../../servers/fleet/odd-one-out.ts'
import { ownOrigin } from '../../servers/own-origin.ts'
import { endSession } from '../../servers/session/end-session.ts'
import { type MintedSession, type SessionCell, sessionMatrix } from '../../servers/session/session-matrix.ts'

/** What each request may take, so that a server that hangs costs its share and sessions can still be ended. */
const REQUEST_MS = 2_000

/** Servers that a finding names; the matrix has them all. */
const MOST_NAMED = 20

type Wants = 'authSecret' | 'extensionSecret' | 'extensionRoute' | 'extensionIdentity'
type Kind = 'session' | 'extension_token'
type Scope = ProbeScope<Kind | 'sign_out', 'refused' | 'tie', 'account', Wants>

/**
 * Takes one credential to every server and names the server that judges it unlike the others: by majority, or as a tie
 * when no side is larger. Sessions are made on at most three servers a run, each signed in to once; which ones changes
 * from run to run, but a server that refused what others accept comes first. The extension token is made here, with the
 * expected secret. A server that does not answer is left out: that is for another probe.
 */
export const credentialRefusedElsewhere = probe({
  id: 'credential.refused_elsewhere',
  title: 'A credential that one server accepts is refused by another',
  every: '1m',
  timeout: '10s',
  // The window of better-auth's sign-in limit, 10 s, in which the other probes have signed in already.
  startsAfter: '11s',
  scope: 'fleet',
  steps: ['session', 'extension_token', 'sign_out'],
  reasons: ['refused', 'tie'],
  needs: ['account'],
  wants: ['authSecret', 'extensionSecret', 'extensionRoute', 'extensionIdentity'],
  matrix: credentialAccepted,
  alerts: [
    {
      severity: 'critical',
      when: [{ metric: 'offenders', is: 'above', threshold: 0 }],
      for: '2m',
      summary: 'The servers do not accept the same credentials',
    },
  ],
  async run(scope) {
    const [sessions, tokens] = await Promise.all([sessionCells(scope), tokenCells(scope)])
    await nameTheOdd(scope, {
      kind: 'session',
      judgements: sessions.map(({ recognised, ...cell }) => ({ ...cell, accepted: recognised })),
    })
    await nameTheOdd(scope, { kind: 'extension_token', judgements: tokens })
    return { matrix: [...labelled('session', sessions), ...labelled('extension_token', tokens)] }
  },
})

async function sessionCells(scope: Scope): Promise<readonly SessionCell[]> {
  const { fleet, origins, routes, policy, trace, now, given } = scope
  const caller = (server: ServerClient) => {
    return { auth: routes.auth, origin: ownOrigin(server, origins), timeoutMs: REQUEST_MS }
  }
  const made: MintedSession[] = []
  try {
    const options = {
      fleet,
      account: given.account,
      caller,
      now,
      onMinted: (one: MintedSession) => made.push(one),
    }
    return (await trace.attempt('session', '', () => sessionMatrix(options))) ?? []
  } finally {
    const secret = given.authSecret
    const end = ({ server, session }: MintedSession) =>
      trace.attempt('sign_out', server.name, () =>
        asUnusable(() =>
          endSession({ session, server, fleet, policy: policy.cookie, secret }, caller(server)),
        ),
      )
    await Promise.all(made.map(end))
  }
}

async function tokenCells(scope: Scope): Promise<readonly Judgement[]> {
  const { fleet, policy, trace, now, given } = scope
  const { extensionSecret: secret, extensionRoute: route, extensionIdentity: identity } = given
  if (secret === undefined || route === undefined || identity === undefined) return []
  const cells = await trace.attempt('extension_token', '', async () => {
    const recipe = { kind: 'valid', policy: policy.extensionToken, identity, secret, now: now() } as const
    const token = await mintExtensionToken(recipe)
    return tokenMatrix(fleet, { route, token, timeoutMs: REQUEST_MS })
  })
  return cells ?? []
}

/** Servers that refuse what others accept, each by its name; or both sides, when neither can be called right. */
async function nameTheOdd(
  { trace }: Scope,
  { kind, judgements }: { readonly kind: Kind; readonly judgements: readonly Judgement[] },
): Promise<void> {
  const agreement = oddOneOut(judgements)
  if (agreement.kind === 'agree') return
  if (agreement.kind === 'tie') {
    const groups = agreement.groups.map(named).join(' | ')
    return trace.attempt(kind, 'tie', () => Promise.reject(new Refusal('tie', { groups })))
  }
  const others = named(agreement.majority)
  for (const server of agreement.odd) {
    await trace.attempt(kind, server, () => Promise.reject(new Refusal('refused', { server, others })))
  }
}

function named(servers: readonly string[]): string {
  const rest = servers.length - MOST_NAMED
  return servers.slice(0, MOST_NAMED).join(', ') + (rest > 0 ? ` and ${rest} more` : '')
}

function labelled(kind: Kind, cells: readonly Judgement[]) {
  return cells.map(({ mintedOn, verifiedOn, accepted }) => {
    return { labels: { kind, minted_on: mintedOn, verified_on: verifiedOn }, value: accepted ? 1 : 0 }
  })
}
