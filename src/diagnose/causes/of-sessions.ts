import type { CheckId } from '../../catalogue/naming.ts'
import { answerCauses, type CausesOfProbe, cause, compareSecret, type Met } from './cause.ts'
import { causesOfCookies } from './of-cookies.ts'

const signingKey = ({ server }: Met) =>
  cause(
    `${server} finds the session and then fails with an empty 500: the stored JWKS key does not open with its BETTER_AUTH_SECRET.`,
    `On one server alone its secret differs; on all, the key was made with another.`,
    ['authwatch diagnose alert AuthwatchJwksUndecryptable', compareSecret('BETTER_AUTH_SECRET')],
  )

/** Sessions that are not made, not kept, or not known everywhere. */
export const causesOfSessions: Readonly<Record<CheckId, CausesOfProbe>> = {
  'journey.sign_in_broken': {
    ...answerCauses,
    ...causesOfCookies,
    wrong_password: ({ server }) =>
      cause(
        `The canary is not let in on ${server}: its password is not what is configured, its user is gone, or right passwords are refused.`,
        'Do others get in? Then set AUTHWATCH_CANARY_PASSWORD anew; else look at how passwords are hashed on that server.',
      ),
    second_factor: () =>
      cause(
        'The canary account asks for a second factor.',
        'Switch it off for the canary, which must have none.',
      ),
    session_null: ({ server }) =>
      cause(
        `${server} does not know the session it has just made: it was not written, or is read elsewhere.`,
        `Compare DATABASE_URL of ${server}; does a replica lag?`,
      ),
    signing_key: signingKey,
    lifetime_shorter: ({ server, detail }) =>
      cause(
        `Sessions of ${server} last ${detail.received} instead of ${detail.expected}: users are signed out early.`,
        `Give ${server} the session.expiresIn of the others and restart it. If it is meant, set policy.sessionLifetime.`,
      ),
    lifetime_longer: ({ server, detail }) =>
      cause(
        `Sessions of ${server} last ${detail.received} instead of ${detail.expected}: a stolen cookie is good for longer than promised.`,
        `Give ${server} the session.expiresIn of the others and restart it. If it is meant, set policy.sessionLifetime.`,
      ),
    tenant_refused: ({ server }) =>
      cause(
        `The canary's own organization is closed to it on ${server}: it is no member, or canary.tenant is wrong.`,
        'Give the canary its membership back: authwatch diagnose user <canary> --org <canary.tenant>.',
      ),
    foreign_tenant_accepted: ({ server }) =>
      cause(
        `${server} opens another organization to the canary. Treat it as a breach.`,
        `Take ${server} out of service, and look at the tenant middleware that was deployed last.`,
      ),
    not_ended: ({ server }) =>
      cause(
        `The session made on ${server} cannot be ended: no cookie came to sign out with.`,
        'Let the proxy pass Set-Cookie on; give authwatch BETTER_AUTH_SECRET and it ends them itself.',
      ),
    still_accepted: ({ server }) =>
      cause(
        `${server} knows a session that was signed out.`,
        'Is a replica read that lags, or a secondary storage that keeps it?',
      ),
  },
  'canary_session.ended': {
    ...answerCauses,
    session_null_cleared: ({ server }) =>
      cause(
        `${server} says that the canary session is over: signed out, revoked, expired or deleted.`,
        'Did other sessions go, too? If not, sign in once in a private window and copy the cookie to AUTHWATCH_CANARY_SESSION.',
      ),
    session_null: ({ server }) =>
      cause(
        `${server} does not recognise the canary session: another BETTER_AUTH_SECRET, or another cookie name (NODE_ENV).`,
        `Give ${server} the secret and NODE_ENV of the others.`,
        [compareSecret('BETTER_AUTH_SECRET')],
      ),
    signing_key: signingKey,
  },
  'credential.refused_elsewhere': {
    refused: ({ server, step, detail }) =>
      cause(
        `${server} refuses ${step === 'session' ? 'sessions' : 'extension tokens'} that ${detail.others} accept: users are signed out whenever the balancer sends them there.`,
        `Give ${server} the ${step === 'session' ? 'BETTER_AUTH_SECRET, NODE_ENV and DATABASE_URL' : 'EXTENSION_TOKEN_SECRET'} of the others and restart it.`,
        [compareSecret(step === 'session' ? 'BETTER_AUTH_SECRET' : 'EXTENSION_TOKEN_SECRET')],
      ),
    tie: ({ detail }) =>
      cause(
        `The servers fall into sides that refuse each other's credentials: ${detail.groups}.`,
        'Is a secret being exchanged? Finish or undo it. Compare the secrets of both sides.',
        [compareSecret('BETTER_AUTH_SECRET')],
      ),
  },
}
