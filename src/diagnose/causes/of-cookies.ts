import { type CausesOfProbe, cause, type Met } from './cause.ts'

const were = ({ detail }: Met) =>
  detail.received == null
    ? ''
    : ` (${detail.received}${detail.expected == null ? '' : ` instead of ${detail.expected}`})`

const environment = (server: string, names: string) =>
  `Give ${server} the ${names} of the others and restart it: browsers take the next cookie. If the new value is meant, change policy.cookie.`

/** What is wrong with a session cookie, so that browsers drop it, send it too rarely or keep it too long. */
export const causesOfCookies: CausesOfProbe = {
  no_cookie: ({ server }) =>
    cause(
      `${server} answers without Set-Cookie: something between the application and its clients strips it.`,
      'Let the proxy pass Set-Cookie on. Ask the process past the proxy (servers[].url), and then through it.',
    ),
  cookie_name: ({ server, detail }) =>
    cause(
      `The session cookie of ${server} is not named ${detail.expected ?? 'as the policy says'}.`,
      'Compare advanced.cookies on the servers; if the name is meant, set policy.cookie.name.',
    ),
  cookie_prefix: (met) =>
    cause(
      `NODE_ENV, useSecureCookies or the scheme of BETTER_AUTH_URL differs on ${met.server}: the prefix of its session cookie is ${met.detail.received}, not ${met.detail.expected}, so the servers do not know each other's.`,
      environment(met.server, 'NODE_ENV and BETTER_AUTH_URL'),
    ),
  cookie_domain: (met) =>
    cause(
      `The Domain of the session cookie does not fit on ${met.server}${were(met)}: BETTER_AUTH_URL is wrong there.`,
      environment(met.server, 'BETTER_AUTH_URL'),
    ),
  cookie_public_suffix: (met) =>
    cause(
      `The Domain of the session cookie of ${met.server} is a whole public suffix${were(met)}: browsers drop it.`,
      environment(met.server, 'BETTER_AUTH_URL'),
    ),
  cookie_path: (met) =>
    cause(
      `The Path of the session cookie of ${met.server} leaves out ${met.detail.path}${were(met)}.`,
      environment(met.server, 'cookie settings'),
    ),
  cookie_not_secure: (met) =>
    cause(
      `The session cookie of ${met.server} is not Secure although users come by https: NODE_ENV differs there.`,
      environment(met.server, 'NODE_ENV'),
    ),
  cookie_secure_over_http: (met) =>
    cause(
      `The session cookie of ${met.server} is Secure although users come by http: browsers drop it.`,
      'Serve by https, or correct servers[].publicUrl.',
    ),
  cookie_not_http_only: (met) =>
    cause(
      `Scripts can read the session cookie of ${met.server}.`,
      'Switch httpOnly on in advanced.defaultCookieAttributes.',
    ),
  cookie_same_site: (met) =>
    cause(
      `SameSite of the session cookie is ${met.detail.received} on ${met.server}${met.detail.dropped_because ? ` (${met.detail.dropped_because})` : ''}: ${met.detail.cross_site_origin ? `pages of ${met.detail.cross_site_origin}, another site, do not send it` : `it should be ${met.detail.expected ?? 'none with Secure'}`}.`,
      environment(met.server, 'NODE_ENV and cookie settings'),
    ),
  cookie_max_age: (met) =>
    cause(
      `The session cookie of ${met.server} lives ${met.detail.is ?? 'otherwise'} than the policy says${were(met)}.`,
      environment(met.server, 'session.expiresIn'),
    ),
}
