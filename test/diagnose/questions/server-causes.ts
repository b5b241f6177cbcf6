import { test } from 'vitest'
import { ADMIN, APP, type AskedCrm } from './asked-crm.ts'
import { expectCause } from './expect-cause.ts'

/** What is wrong with the settings of one server. */
export function serverCauses(ask: () => AskedCrm): void {
  test('signed out: BETTER_AUTH_URL is wrong on one server, NODE_ENV on the other', async () => {
    const { crm, session, login } = ask()
    const { fleet } = crm.probes
    const before = ['crm-a', 'crm-b'].map((name) => [name, fleet.server(name).settings] as const)
    try {
      await Promise.all([
        fleet.restart('crm-a', { baseURL: 'https://api.elsewhere.example.net' }),
        fleet.restart('crm-b', { nodeEnv: 'development' }),
      ])
      const journey = 'authwatchjourneysigninbroken'
      expectCause(await login('crm-a'), {
        cause: /Domain of the session cookie does not fit on crm-a .*BETTER_AUTH_URL/,
        fix: /Give crm-a the BETTER_AUTH_URL/,
        link: journey,
      })
      expectCause(await login('crm-b'), {
        cause: /NODE_ENV.* differs on crm-b/,
        fix: /Give crm-b the NODE_ENV/,
        link: journey,
      })
      expectCause(await session(), {
        cause: /crm-b looks for the cookie under another name.*NODE_ENV/,
        fix: /Give crm-b the NODE_ENV/,
        link: journey,
        severity: 'critical',
      })
      expectCause(await session(`better-auth-session=${crm.probes.canary.session}`), {
        cause: /made by a server with another NODE_ENV/,
        fix: /environment of the others/,
        link: journey,
      })
    } finally {
      await Promise.all(before.map(([name, settings]) => fleet.restart(name, settings)))
    }
  })

  test('signed out or without a cookie: another secret on one server, a proxy that strips on the other', async () => {
    const { crm, session, login, alert } = ask()
    const { fleet } = crm.probes
    const before = ['crm-a', 'crm-b'].map((name) => [name, fleet.server(name).settings] as const)
    try {
      await Promise.all([
        fleet.restart('crm-a', { secret: 'another-secret-another-secret-another' }),
        fleet.restart('crm-b', { stripSetCookie: true }),
      ])
      const differs = { fix: /sha256sum/, link: 'authwatchsecretauthdiffers', severity: 'critical' }
      expectCause(await login('crm-a'), { cause: /crm-a holds another BETTER_AUTH_SECRET/, ...differs })
      expectCause(await session(), { cause: /crm-a does not take the cookie's signature/, ...differs })
      expectCause(await alert('AuthwatchJourneySignInBroken', ['server=crm-a']), {
        cause: /crm-a holds another BETTER_AUTH_SECRET/,
        ...differs,
      })
      expectCause(await login('crm-b'), {
        cause: /crm-b answers without Set-Cookie/,
        fix: /proxy pass Set-Cookie/,
        link: 'authwatchjourneysigninbroken',
      })
    } finally {
      await Promise.all(before.map(([name, settings]) => fleet.restart(name, settings)))
    }
  })

  test('no cookie: CORS_ORIGIN or trustedOrigins lacks the origin; extensions: another secret', async () => {
    const { crm, login, token, mint } = ask()
    const { fleet } = crm.probes
    const patch = { corsOrigins: [APP], trustedOrigins: [ADMIN], extensionTokenSecret: 'other-'.repeat(6) }
    await crm.probes.whilePatched('crm-b', patch, async () => {
      expectCause(await login('crm-b', ADMIN), {
        cause: /CORS_ORIGIN on crm-b lacks https:\/\/admin/,
        fix: /Add https:\/\/admin\.crm\.example\.com to CORS_ORIGIN on crm-b/,
        link: 'authwatchorigincorsmismatch',
      })
      expectCause(await login('crm-b', APP), {
        cause: /better-auth on crm-b does not trust https:\/\/app/,
        fix: /Add https:\/\/app\.crm\.example\.com to trustedOrigins on crm-b/,
        link: 'authwatchorigintrustmismatch',
      })
      const differs = { fix: /secret of the others|one secret/, link: 'authwatchsecretextensiondiffers' }
      expectCause(await token(await mint({})), {
        cause: /crm-b holds another EXTENSION_TOKEN_SECRET/,
        ...differs,
      })
      const minted = await mint({ secret: fleet.server('crm-b').settings.extensionTokenSecret })
      expectCause(await token(minted), { cause: /signed with another EXTENSION_TOKEN_SECRET/, ...differs })
    })
  })
}
