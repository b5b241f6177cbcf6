import type { CheckId } from '../../catalogue/naming.ts'
import { type CausesOfProbe, cause, type Met } from './cause.ts'

const restart = (server: string) => `Restart ${server}, or take it out of the balancer until it serves.`
const silent =
  (what: string) =>
  ({ server }: Met) =>
    cause(`${server} ${what}.`, restart(server))

/** Servers that do not serve, or serve wrongly for everybody. */
export const causesOfServers: Readonly<Record<CheckId, CausesOfProbe>> = {
  'server.not_answering': {
    connection_refused: silent('refuses connections: nothing listens, the process is down'),
    timeout: silent('does not answer: a hung process, a full queue, or a firewall that drops'),
    reset: silent('cuts the connection: the process died, or a balancer has no backend'),
    unreachable: silent('cannot be reached: there is no route to its host'),
    name_not_found: ({ server }) =>
      cause(
        `The name of ${server} in servers[].url does not resolve here.`,
        'Repair the DNS entry, or correct servers[].url.',
      ),
    tls: ({ server }) =>
      cause(
        `The certificate of ${server} is not trusted, expired or for another name, or its port speaks no TLS.`,
        'Renew the certificate and reload.',
        [`authwatch diagnose alert AuthwatchTlsExpiring server=${server}`],
      ),
    not_http: ({ server }) =>
      cause(`What answers for ${server} does not speak HTTP.`, 'Correct servers[].url.'),
    server_error: ({ server, detail }) =>
      cause(
        `${server} answers ${detail.status ?? '5xx'}: a gateway without a backend, or an application that cannot start with this database.`,
        `Look at the last lines of the log of ${server}; a missing column stops better-auth 1.7 at its first request.`,
        ['authwatch check schema.column_missing'],
      ),
    wrong_status: ({ server, detail }) =>
      cause(
        `${server} answers ${detail.status}: another application, or another path.`,
        'Correct servers[].url or routes.auth.',
      ),
    not_the_application: ({ server, detail }) =>
      cause(
        `Something else answers for ${server} (${detail.type}): a proxy or a front end.`,
        'Correct servers[].url, or bring the process behind the proxy back.',
      ),
  },
  'tls.expiring': {
    expired: ({ server, detail }) =>
      cause(
        `The certificate of ${server} expired${detail.expires ? ` (${detail.expires})` : ''}: browsers refuse it.`,
        'Renew it, reload, and look again with authwatch check tls.expiring.',
      ),
    expiring: ({ server, detail }) =>
      cause(
        `The certificate of ${server} ends soon${detail.expires ? ` (${detail.expires})` : ''}: its renewal has failed for weeks.`,
        'Read the log of the renewal (certbot, cert-manager); renew and reload.',
      ),
  },
  'clock.skewed': {
    ahead: ({ server, detail }) => skewed(server, 'ahead', detail.seconds),
    behind: ({ server, detail }) => skewed(server, 'behind', detail.seconds),
    undecided: ({ server }) =>
      cause(
        `The clocks of ${server} and the others disagree, and no majority says who is right.`,
        'Ask a third clock, then step the wrong one.',
        ['date -u; chronyc tracking'],
      ),
    worker_clock: () =>
      cause(
        'The clock of this host is wrong: the servers agree with each other and not with it.',
        'Synchronise it.',
        ['timedatectl; chronyc makestep'],
      ),
  },
  'sign_in.unhealthy': {
    passwords_off: ({ server }) =>
      cause(
        `Signing in by password is switched off on ${server}.`,
        'Compare emailAndPassword.enabled with the others. If it is meant, turn this check off.',
      ),
    accepted: ({ server }) =>
      cause(
        `${server} lets anybody in with any password.`,
        `Take ${server} out of service now; then look for what was deployed, and end the sessions made there.`,
      ),
    unexpected_status: ({ server, detail }) =>
      cause(
        `${server} neither accepts nor refuses a sign-in: it answers ${detail.status ?? 'something else'}.`,
        'A redirect, a plugin, or a page of a proxy? Ask the process past the proxy.',
      ),
  },
  'debug.open': {
    open: ({ server, detail }) =>
      cause(
        `The debug route of ${server} answers people who are not signed in (${detail.status ?? '2xx'} ${detail.type ?? ''}).`,
        'Put it behind authentication, or out of production; compare NODE_ENV. If it showed tokens, end those sessions.',
      ),
  },
  'jwks.differs': {
    differs: ({ server }) =>
      cause(
        `${server} publishes other signing keys than the others: it reads another database, a replica that lags, or a cache.`,
        `Compare DATABASE_URL of ${server} with that of the others.`,
      ),
    tie: () =>
      cause(
        'The servers publish two sets of signing keys, and none is the larger group.',
        'Compare DATABASE_URL on the servers; finish or undo the deployment.',
      ),
  },
  'jwks.undecryptable': {
    undecryptable: ({ about }) =>
      cause(
        `The signing key ${about} cannot be decrypted with the expected BETTER_AUTH_SECRET: whoever is signed in gets an empty 500.`,
        'Give the servers the secret back that made the key. If it is gone, delete the key: better-auth makes a new one, and sessions stay.',
      ),
  },
  'jwks.unusable': {
    server_error: ({ server }) =>
      cause(
        `${server} cannot read its signing keys (5xx).`,
        "Repair the table jwks with better-auth's migration.",
        ['authwatch check schema.column_missing'],
      ),
    wrong_status: ({ server }) =>
      cause(
        `Something stands before the key set of ${server}.`,
        'Let <routes.auth>/jwks through to better-auth.',
      ),
    unparsable: ({ server }) =>
      cause(
        `What ${server} publishes is no key set, or holds a key that cannot be used.`,
        'Look at <routes.auth>/jwks, and at the rows of jwks.',
      ),
    no_keys: ({ server }) =>
      cause(`${server} publishes no signing key.`, 'Was the table jwks emptied? A sign-in makes a new key.'),
    private_key_shown: ({ server }) =>
      cause(
        `${server} publishes a private key: anybody can sign tokens.`,
        'Take the route off the network, delete the row of that key, and treat every token signed by it as forged.',
      ),
  },
}

function skewed(server: string, way: string, seconds: string | null | undefined) {
  const by = seconds ? ` by ${seconds} s` : ''
  return cause(
    `The clock of ${server} is ${way}${by}.`,
    `Synchronise it on ${server}, and restart what keeps timers.`,
    ['timedatectl; chronyc makestep'],
  )
}
