import { expect, test } from 'vitest'
import { createClient } from '../../../src/demo/client.ts'
import type { DiagnosedCrm } from '../diagnosed-crm.ts'
import { APP, type AskedCrm } from './asked-crm.ts'
import { expectCause } from './expect-cause.ts'

/** Why an API key is refused. */
export function apiKeyCauses(ask: () => AskedCrm): void {
  test.each([
    ['enabled = false', /is disabled/, /set enabled = true/, 'an-api-key-gets-401'],
    [
      'revoked = true',
      /is revoked in the application's own column/,
      /new key/,
      'authwatchapikeyrevokedinuse',
    ],
    [
      `expires_at = now() - interval '2 days'`,
      /expired 48 h ago|expired 2 d ago/,
      /new key/,
      'authwatchapikeyexpiringsoon',
    ],
    ['remaining = 0', /has used up its requests/, /set remaining = 1000/, 'authwatchapikeynearexhaustion'],
    [
      `rate_limit_max = 10, rate_limit_time_window = 86400000, request_count = 10, last_request = now()`,
      /at its rate limit \(10 of 10 in 24 h\).*the default of the plugin/,
      /rate_limit_max = 1000/,
      'authwatchapikeynearexhaustion',
    ],
    ["reference_id = ''", /has no reference_id/, /set reference_id = '<user/, 'authwatchapikeynoreference'],
    [
      "reference_id = 'gone'",
      /The owner gone of the key .* no longer exists/,
      /set enabled = false/,
      'authwatchapikeyownermissing',
    ],
  ])('an API key gets 401: %s', async (set, cause, fix, link) => {
    const { crm, apiKey } = ask()
    const { apiKeyId: id } = crm.probes.canary
    expect(await statusOfKey(crm)).toBe(200)
    await crm.whileRow({ table: 'api_key', id, sql: `update api_key set ${set} where id = $1` }, async () => {
      const seen = await apiKey()
      expectCause(seen, { cause, fix, link, severity: 'critical' })
      expect({ code: seen.code, id: seen.cause?.cause.includes(id) }).toEqual({ code: 2, id: true })
      // Shown last: better-auth deletes what has expired or is used up when it is shown.
      expect(await statusOfKey(crm)).toBe(401)
    })
  })

  test('an API key gets 401: it is unknown, cut, or of another organization', async () => {
    const { crm, apiKey } = ask()
    const { apiKey: key, apiKeyId, foreignTenant } = crm.probes.canary
    const unknownKey = (input: string) => crm.diagnose({ about: 'api-key', tenant: undefined }, input)
    const link = 'an-api-key-gets-401'
    expectCause(await unknownKey('nonsense-nonsense-nonsense'), {
      cause: /The key is unknown/,
      fix: /new key/,
      link,
    })
    const cut = await unknownKey(key.slice(0, 40))
    expectCause(cut, {
      cause: new RegExp(`${apiKeyId} begins with the same characters`),
      fix: /Copy it anew/,
      link,
    })
    expectCause(await apiKey(foreignTenant), {
      cause: /is no member of borealis: "User does not have access to organization"/,
      fix: /insert into member \(id, user_id, organization_id, role, created_at\)/,
      link: 'a-user-cannot-reach-an-organization',
    })
  })
}

async function statusOfKey({ probes }: DiagnosedCrm): Promise<number> {
  const client = createClient({ origin: APP, address: '198.18.2.1' })
  const headers = { 'x-api-key': probes.canary.apiKey }
  return (await client.call(`${probes.fleet.server('crm-a').url}/api/records`, { headers })).status
}
