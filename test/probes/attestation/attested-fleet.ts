import { randomBytes } from 'node:crypto'
import type { ProbeCheck } from '../../../src/catalogue/probe.ts'
import type { Verdict } from '../../../src/catalogue/result.ts'
import { FLEET, type Fleet } from '../../../src/run/run-probe.ts'
import { type ProbeFleet, startProbeFleet } from '../../support/probe-fleet.ts'

const TOKEN = randomBytes(24).toString('base64url')

/** The demo's servers with their attestation open, and a worker that knows the way and the token. */
export async function attestedFleet() {
  const it = await startProbeFleet({ overrides: { attestationToken: TOKEN } })
  const { routes } = it.watched
  const attested = (secrets: Fleet['secrets']): Partial<Fleet> => ({
    routes: { ...routes, attestation: '/authwatch/attestation' },
    secrets: { ...secrets, attestationToken: TOKEN },
  })
  return {
    it,
    token: TOKEN,
    /** With the expected secrets configured. */
    run: (check: ProbeCheck, changes: Partial<Fleet> = {}): Promise<Verdict> =>
      it.run(check, FLEET, { ...attested(it.watched.secrets), ...changes }),
    /** Without: servers can only be compared with each other. */
    compare: (check: ProbeCheck, changes: Partial<Fleet> = {}): Promise<Verdict> =>
      it.run(check, FLEET, { ...attested({}), ...changes }),
    [Symbol.asyncDispose]: async () => it[Symbol.asyncDispose](),
  }
}

/** Only some of the servers. */
export function only(it: ProbeFleet, ...names: readonly string[]): Pick<Fleet, 'servers'> {
  return { servers: it.watched.servers.filter(({ name }) => names.includes(name)) }
}

/** Keys and reasons of the findings, sorted; none when the check passes. */
export function faults(verdict: Verdict): readonly string[] {
  if (verdict.state !== 'fail') return verdict.state === 'pass' ? [] : [JSON.stringify(verdict)]
  return verdict.findings.map(({ key, detail }) => `${key} ${detail.reason}`).toSorted()
}
