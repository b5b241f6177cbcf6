import { seconds } from '../../catalogue/duration.ts'
import type { Policy } from '../../catalogue/policy.ts'
import { probe, Refusal, type ServerClient } from '../../catalogue/probe.ts'
import { attestEveryone } from '../../servers/fleet/attest-everyone.ts'
import { type AttestedSetting, attestedSettings, settingText } from '../../servers/fleet/attested-settings.ts'
import { majority } from '../../servers/fleet/majority.ts'

/**
 * The settings in force on each server, compared with the policy where that has a word on them, and else with the other
 * servers. In an even split no side is called right. All of them are known not to be secret, so that findings may
 * show them.
 */
export const attestationSettingsDrift = probe({
  id: 'attestation.settings_drift',
  title: 'The settings of a server differ from those of the others or from the policy',
  every: '5m',
  timeout: '10s',
  scope: 'fleet',
  steps: ['attest', 'compare'],
  reasons: ['differs', 'tie', 'policy', 'token_refused', 'not_mounted'],
  needs: ['attestation'],
  alerts: [
    {
      severity: 'warning',
      when: [{ metric: 'offenders', is: 'above', threshold: 0 }],
      // Longer than a deployment that goes from server to server.
      for: '30m',
      summary: 'The settings of the servers differ from each other or from the policy',
    },
  ],
  async run({ fleet, policy, given, trace }) {
    const { servers, refused } = await trace.step('attest', () =>
      attestEveryone(fleet, { ...given.attestation, atLeast: 1 }),
    )
    for (const [server, refusal] of refused) {
      await trace.attempt('attest', server, () => Promise.reject(refusal))
    }
    for (const setting of attestedSettings) {
      const values = new Map(
        [...servers].flatMap(([server, { settings }]) => {
          const text = settingText(settings, setting)
          return text === undefined ? [] : [[server, text] as const]
        }),
      )
      for (const [server, refusal] of faultsOf({ setting, values, policy, fleet })) {
        await trace.attempt('compare', `${setting}/${server}`, () => Promise.reject(refusal))
      }
    }
    return undefined
  },
})

interface Compared {
  readonly setting: AttestedSetting
  /** By server, as text. */
  readonly values: ReadonlyMap<string, string>
  readonly policy: Policy
  readonly fleet: readonly ServerClient[]
}

type Fault = readonly [server: string, refusal: Refusal<'differs' | 'tie' | 'policy'>]

function faultsOf({ setting, values, policy, fleet }: Compared): readonly Fault[] {
  const { agreed, odd } = majority(values)
  const [right] = agreed
  return [...values].flatMap(([server, value]): readonly Fault[] => {
    const { publicUrl } = fleet.find(({ name }) => name === server)!
    const expected = expectedOf(setting, { policy, publicUrl })
    if (expected !== undefined) {
      return comparable(setting, value) === expected
        ? []
        : [[server, new Refusal('policy', { value, expected })]]
    }
    if (!odd.includes(server)) return []
    if (right === undefined) return [[server, new Refusal('tie', { value })]]
    return [[server, new Refusal('differs', { value, others: values.get(right) ?? '' })]]
  })
}

/** The prefix follows from `Secure`, and a leading dot of the domain means nothing (RFC 6265 §5.2.3). */
function comparable(setting: AttestedSetting, value: string): string {
  if (setting === 'cookie.name') return value.replace(/^__(Secure|Host)-/, '')
  return setting === 'cookie.domain' ? value.replace(/^\./, '') : value
}

/** What the policy says of a setting, as text; undefined when it says nothing, so that only the servers can tell. */
function expectedOf(
  setting: AttestedSetting,
  { policy, publicUrl }: { readonly policy: Policy; readonly publicUrl: string },
): string | undefined {
  const { cookie, sessionLifetime, extensionToken } = policy
  switch (setting) {
    case 'session.expiresIn':
      return String(seconds(sessionLifetime))
    case 'extensionToken.lifetime':
      return String(seconds(extensionToken.lifetime))
    case 'cookie.name':
      return cookie.name
    case 'cookie.domain':
      return cookie.domain?.replace(/^\./, '')
    case 'cookie.sameSite':
      return cookie.sameSite
    case 'cookie.secure':
      // What is not demanded is not forbidden: over plain HTTP it is for the servers to agree.
      return (cookie.secure ?? publicUrl.startsWith('https:')) ? 'true' : undefined
    default:
      return undefined
  }
}
