import { seconds } from '../../catalogue/duration.ts'
import { Refusal, type ServerClient } from '../../catalogue/probe.ts'
import type { Fleet } from '../../run/run-probe.ts'
import { askWorking } from '../../servers/ask.ts'
import { judgeCookie } from '../../servers/session/judge-cookie.ts'
import { isSessionCookie } from '../../servers/session/session-cookie.ts'
import { cookiesDeleted } from '../../servers/session/set-cookie.ts'
import type { Cause, Met } from '../causes/cause.ts'
import { causesOfCookies } from '../causes/of-cookies.ts'
import { bad, good, type Look, skipped, unknown } from '../diagnosis.ts'
import { clientsOf } from './clients-of.ts'

/**
 * An anonymous sign-out makes better-auth clear its cookies, with the attributes that it would set them with: nobody has
 * to sign in to see them.
 */
export async function lookAtClearedCookie(server: string, fleet: Fleet): Promise<Look> {
  const [client] = clientsOf(fleet, server)
  if (client === undefined) return skipped('no such server')
  try {
    return await judgeCleared(client, fleet)
  } catch (cause) {
    if (cause instanceof Refusal) return unknown(`no answer to judge: ${cause.reason}`)
    throw cause
  }
}

async function judgeCleared(client: ServerClient, { origins, routes, policy }: Fleet): Promise<Look> {
  // Its own origin is trusted whatever the list says: whether this one is, was asked before.
  const origin = new URL(client.publicUrl).origin
  const request = { method: 'POST', json: {}, origin } as const
  const answer = await askWorking(client, `${routes.auth}/sign-out`, request)
  if (answer.status !== 200) return unknown(`sign-out answers ${answer.status}`)
  const cookies = cookiesDeleted(answer)
  const met = (reason: string, detail: Met['detail'] = {}): Look =>
    toLook({ server: client.name, step: 'cookie', about: '', reason, detail })
  if (cookies.length === 0) return met('no_cookie')
  const cookie = cookies.find(({ name }) => isSessionCookie(name, policy.cookie))
  if (cookie === undefined) {
    const received = cookies.map(({ name }) => name.slice(0, 60)).join(', ')
    return met('cookie_name', { expected: policy.cookie.name, received })
  }
  const faults = judgeCookie(cookie, {
    ...{ policy: policy.cookie, publicUrl: client.publicUrl, origins, receivedAt: answer.receivedAt },
    paths: [routes.auth, ...(routes.tenant === null ? [] : [routes.tenant])],
    lifetime: seconds(policy.sessionLifetime),
  })
  // It was cleared: its age is none.
  const [first] = faults.filter(({ reason }) => reason !== 'cookie_max_age')
  if (first !== undefined) return met(first.reason, first.detail)
  const { domain, sameSite, secure } = cookie
  const attributes = [domain && `Domain=${domain}`, secure && 'Secure', sameSite && `SameSite=${sameSite}`]
  return good([cookie.name, ...attributes.filter(Boolean)].join('; ').slice(0, 200))
}

function toLook(met: Met): Look {
  const told: Cause | undefined = causesOfCookies[met.reason]?.(met)
  if (told === undefined) return unknown(met.reason)
  const facts = Object.entries(met.detail).map(([name, value]) => `${name} ${value}`)
  return bad({
    evidence: [met.reason, ...facts].join(', '),
    severity: 'critical',
    ...told,
    runbook: 'AuthwatchJourneySignInBroken',
  })
}
