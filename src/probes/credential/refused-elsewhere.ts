import { credentialAccepted } from '../../catalogue/families/credential.ts'
import { type ProbeScope, probe, Refusal } from '../../catalogue/probe.ts'
import { asUnusable } from '../../servers/as-unusable.ts'
import { endSession } from '../../servers/end-session.ts'
import { mintExtensionToken } from '../../servers/mint-extension-token.ts'
import { type Judgement, oddOneOut } from '../../servers/odd-one-out.ts'
import { ownOrigin } from '../../servers/own-origin.ts'
import { type Minted, sessionMatrix } from '../../servers/session-matrix.ts'
import { useExtensionToken } from '../../servers/use-extension-token.ts'

/** What each request may take, so that a server that hangs costs its share and sessions can still be ended. */
const REQUEST_MS = 2_000

type Wants = 'authSecret' | 'extensionSecret' | 'extensionRoute' | 'extensionIdentity'
type Kind = 'session' | 'extension_token'
type Scope = ProbeScope<'mint' | 'verify' | 'sign_out', 'refused' | 'tie', 'account', Wants>

/**
 * Takes one credential to every server and names the server that judges it unlike the others: by majority, or as a tie
 * when no side is larger. Sessions are made on at most three servers a run, each signed in to once; which ones changes
 * from run to run, but a server that refused what the others accept is always among them. The extension token is made
 * here, with the expected secret. A server that does not answer is left out; that others judge.
 */
export const credentialRefusedElsewhere = probe({
  id: 'credential.refused_elsewhere',
  title: 'A credential that one server accepts is refused by another',
  every: '1m',
  timeout: '10s',
  scope: 'fleet',
  steps: ['mint', 'verify', 'sign_out'],
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
    const sessions = await sessionCells(scope)
    const tokens = await tokenCells(scope)
    await nameTheOdd(scope, 'session', sessions)
    await nameTheOdd(scope, 'extension_token', tokens)
    return { matrix: [...cellsOf('session', sessions), ...cellsOf('extension_token', tokens)] }
  },
})
