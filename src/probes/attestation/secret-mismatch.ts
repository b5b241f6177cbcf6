import { gauge } from '../../catalogue/check.ts'
import { secretMismatch, secretsDiffering } from '../../catalogue/families/secret.ts'
import { probe, Refusal } from '../../catalogue/probe.ts'
import { type Attested, attestEveryone } from '../../servers/fleet/attest-everyone.ts'
import { majority } from '../../servers/fleet/majority.ts'
import { secretFingerprint } from '../../servers/fleet/secret-fingerprint.ts'

/**
 * Every server proves which secrets it holds, by answers to one challenge that are of no use for any other. With the
 * expected secret configured, each is compared with that; else they are compared with each other. In an even split no
 * side is called right.
 */
export const attestationSecretMismatch = probe({
  id: 'attestation.secret_mismatch',
  title: 'Servers that must share a secret hold different ones',
  every: '1m',
  timeout: '10s',
  scope: 'fleet',
  steps: ['attest', 'compare'],
  reasons: ['differs', 'tie', 'missing', 'short', 'token_refused', 'not_mounted'],
  needs: ['attestation'],
  wants: ['authSecret', 'extensionSecret'],
  gauges: { differing: gauge(secretsDiffering, {}) },
  matrix: secretMismatch,
  alerts: [
    {
      severity: 'critical',
      when: [{ metric: 'differing', is: 'above', threshold: 0 }],
      // Servers are restarted one after another when a secret is exchanged.
      for: '5m',
      summary: 'Secret mismatch across servers',
    },
    {
      severity: 'warning',
      when: [
        { metric: 'offenders', is: 'above', threshold: 0 },
        { metric: 'differing', is: 'below', threshold: 1 },
      ],
      for: '10m',
      summary: 'A server does not attest its secrets, or holds one that can be guessed',
    },
  ],
  async run({ fleet, given, trace }) {
    const { attestation, authSecret, extensionSecret } = given
    const expected = new Map(Object.entries({ auth: authSecret, extension_token: extensionSecret }))
    const known = [...expected.values()].some((secret) => secret !== undefined)
    const atLeast = known ? 1 : Math.min(fleet.length, 2)
    const attested = await trace.step('attest', () => attestEveryone(fleet, { ...attestation, atLeast }))
    for (const [server, refusal] of attested.refused) {
      await trace.attempt('attest', server, () => Promise.reject(refusal))
    }
    const judged = secretNames(attested).map((name) =>
      judge({ name, secret: expected.get(name), ...attested }),
    )
    for (const { name, faults } of judged) {
      for (const [server, reason] of faults) {
        await trace.attempt('compare', `${name}/${server}`, () => Promise.reject(new Refusal(reason)))
      }
    }
    return {
      gauges: { differing: judged.filter(({ mismatch }) => mismatch.size > 0).length },
      matrix: judged
        .filter(({ name }) => secretMismatch.labels.secret.some((each) => each === name))
        .flatMap(({ name, servers, mismatch }) =>
          servers.map((server) => ({
            labels: { secret: name, server },
            value: mismatch.has(server) ? 1 : 0,
          })),
        ),
    }
  },
})

type Fault = 'differs' | 'tie' | 'missing' | 'short'

interface Judged {
  readonly name: string
  readonly servers: readonly string[]
  readonly faults: ReadonlyMap<string, Fault>
  /** Servers that hold another secret, or none: one that only may is not among them. */
  readonly mismatch: ReadonlySet<string>
}

function secretNames({ servers }: Attested): readonly string[] {
  const names = [...servers.values()].flatMap(({ fingerprints, withheld }) => [
    ...Object.keys(fingerprints),
    ...Object.keys(withheld),
  ])
  return [...new Set(names)].toSorted()
}

/** A server that names a secret not at all, or has none, lacks what others have; where none has it, nobody needs it. */
function judge({
  name,
  secret,
  challenge,
  servers,
}: Attested & { readonly name: string; readonly secret: string | undefined }): Judged {
  const held = new Map(
    [...servers].flatMap(([server, { fingerprints }]) => entry(server, fingerprints[name])),
  )
  const right = secret === undefined ? undefined : secretFingerprint({ name, secret, challenge })
  const { agreed, odd } = majority(held)
  const isWrong =
    right === undefined
      ? (server: string) => odd.includes(server)
      : (server: string) => held.get(server) !== right
  const wrong: Fault = right === undefined && agreed.length === 0 ? 'tie' : 'differs'
  const faults = new Map<string, Fault>()
  for (const [server, { withheld }] of servers) {
    if (withheld[name] === 'short') faults.set(server, 'short')
    else if (held.has(server) && isWrong(server)) faults.set(server, wrong)
    else if (!held.has(server) && (held.size > 0 || right !== undefined)) faults.set(server, 'missing')
  }
  const mismatch = new Set([...faults].flatMap(([server, fault]) => (fault === 'short' ? [] : [server])))
  return {
    name,
    servers: [...servers.keys()].filter((server) => faults.get(server) !== 'short'),
    faults,
    mismatch,
  }
}

function entry(server: string, value: string | undefined): readonly (readonly [string, string])[] {
  return value === undefined ? [] : [[server, value]]
}
