import type { Fleet } from '../../run/run-probe.ts'
import { signSessionToken } from '../../servers/session/forge-session-token.ts'
import { prefixOf, secureExpected, sessionCookieName } from '../../servers/session/session-cookie.ts'
import { bad, good, type Look, skipped } from '../diagnosis.ts'
import type { ShownSession } from '../facts/shown-session.ts'

/** Whether the cookie has the name, and the prefix, under which servers look for it. */
export function lookAtName({ name }: ShownSession, { servers, policy }: Fleet): Look {
  if (name === null) return skipped('only the value was given')
  const said = name.slice(0, 80)
  const bare = name.slice(prefixOf(name).length)
  if (bare !== policy.cookie.name) {
    return bad({
      evidence: said,
      severity: 'warning',
      cause: `The cookie is named ${said}; the session cookie is ${policy.cookie.name}.`,
      fix: { say: 'Copy the session cookie. If this one is right, set policy.cookie.name to its name.' },
      runbook: 'AuthwatchSecretAuthDiffers',
    })
  }
  const judging = servers.filter(({ publicUrl }) => secureExpected(policy.cookie, publicUrl) !== undefined)
  const expected = judging.map(({ publicUrl }) => sessionCookieName(policy.cookie, publicUrl))
  const other = expected.find((each) => (prefixOf(each) === '') !== (prefixOf(name) === ''))
  if (other === undefined) return good(said)
  return bad({
    evidence: `${said} instead of ${other}`,
    severity: 'critical',
    cause: `The cookie was made by a server with another NODE_ENV, useSecureCookies or scheme of BETTER_AUTH_URL: the others look for ${other}.`,
    fix: {
      say: 'Find the server and give it the environment of the others: authwatch diagnose login names it. Then sign in again.',
    },
    runbook: 'AuthwatchJourneySignInBroken',
  })
}

/** Whether the expected secret signed the cookie. */
export function lookAtSignature({ token, signature }: ShownSession, { secrets }: Fleet): Look {
  if (signature === null) return skipped('a bare token: it has no signature')
  if (secrets.auth === undefined) return skipped('the expected secret is not configured (BETTER_AUTH_SECRET)')
  const expected = decodeURIComponent(signSessionToken({ token, secret: secrets.auth }))
  if (expected.replace(/=$/, '') === `${token}.${signature}`.replace(/=$/, '')) return good('signed with it')
  return bad({
    evidence: 'not signed with it',
    severity: 'critical',
    cause:
      'The cookie is signed with another BETTER_AUTH_SECRET than expected, or was changed or cut: servers with the expected one ignore it.',
    fix: {
      say: 'Compare the secret of the servers; if it was changed on all of them, signing in again is all there is to do.',
      run: ['authwatch diagnose alert AuthwatchSecretAuthDiffers'],
    },
    runbook: 'AuthwatchSecretAuthDiffers',
  })
}
