import { execFile } from 'node:child_process'
import { readdir } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { parseExposition } from '../metrics/parse-exposition.ts'
import { startDemo } from '../support/demo.ts'
import { authwatchCommand } from '../support/worker.ts'

const EVENT_MS = 30_000
const STOP_MS = 20_000
/** In which better-auth takes three sign-ins from an address. */
const SIGN_IN_WINDOW_MS = 10_000
/** All that the seed signs up, and nobody else does. */
const SEEDED_USERS = 40

test('the demo shows checks, probes and events of a fleet that is well, and leaves nothing behind', async () => {
  await using demo = await startDemo({ port: 0 })
  const { child, exited } = demo
  const said = demo.said()
  expect(said).toMatch(/^attestation\.secret_mismatch +✓$/m)
  expect(said).toMatch(/^attestation\.settings_drift +✓$/m)
  expect(said).toMatch(/^canary_session\.ended +✓ +✓$/m)
  expect(said.slice(said.indexOf('\nprobe '))).not.toContain('✗')

  const url = /^metrics +(\S+)$/m.exec(said)?.[1] ?? ''
  const mistyped = { operation: 'sign_in_email', outcome: 'rejected', reason: 'invalid_credentials' }
  const count = (labels: Readonly<Record<string, string>>) => eventsAt(url, labels)
  const before = await count(mistyped)
  await expect.poll(() => count(mistyped), { timeout: EVENT_MS }).toBeGreaterThan(before)
  expect(await count({ operation: 'sign_up', outcome: 'success', reason: 'ok' })).toBe(SEEDED_USERS)
  expect(await count({ outcome: 'error' })).toBe(0)

  // In the words it prints, as somebody in another terminal would.
  const environment = /^Ask it from another terminal: \. (\S+)$/m.exec(said)?.[1] ?? ''
  const [, who = ''] = /diagnose user (\S+);/.exec(said) ?? []
  const asked = await inShell(
    `. ${environment}; exec "$@"`,
    await authwatchCommand(['diagnose', 'user', who]),
  )
  expect(asked).toMatch(/^✗ Is the user in an organization\?/m)
  const look = await authwatchCommand(['check', 'journey.sign_in_broken'])
  let looked = ''
  // The servers limit sign-ins as in production, and the demo's own worker signs in as well.
  for (let left = 4; left > 0; left -= 1) {
    looked = await inShell(`. ${environment}; exec "$@"`, look)
    if (!looked.includes('ERR_RATE_LIMITED')) break
    await sleep(SIGN_IN_WINDOW_MS)
  }
  expect(looked).toMatch(
    /^✓ pass +crm-a +journey\.sign_in_broken +0 *\n✓ pass +crm-b +journey\.sign_in_broken +0 *$/m,
  )

  const children = await childrenOf(child.pid ?? 0)
  expect(children.length).toBeGreaterThan(2)
  child.kill('SIGINT')
  const late = sleep(STOP_MS, ['late'], { ref: false })
  expect(await Promise.race([exited, late])).toEqual([0, null])
  expect(children.filter(isRunning)).toEqual([])
  expect(await readdir(demo.folder)).toEqual([])
}, 200_000)

/** How many events have at least these labels. */
async function eventsAt(url: string, labels: Readonly<Record<string, string>>): Promise<number> {
  const answer = await fetch(url, { signal: AbortSignal.timeout(5_000) })
  const samples = parseExposition(await answer.text(), 'text').get('authwatch_auth_events_total')?.samples
  return (samples ?? [])
    .filter((sample) => Object.entries(labels).every(([name, value]) => sample.labels[name] === value))
    .reduce((sum, { value }) => sum + value, 0)
}

/** What a shell prints that runs this script with these arguments, however it ends. */
async function inShell(script: string, args: readonly string[]): Promise<string> {
  const options = { env: { PATH: process.env.PATH ?? '' }, timeout: 30_000 }
  return await promisify(execFile)('sh', ['-c', script, 'sh', ...args], options).then(
    ({ stdout }) => stdout,
    (error: unknown) => (error instanceof Error && 'stdout' in error ? String(error.stdout) : String(error)),
  )
}

/** The servers and the databases; what these start themselves ends with them. */
async function childrenOf(pid: number): Promise<readonly number[]> {
  const { stdout } = await promisify(execFile)('pgrep', ['-P', String(pid)])
  return stdout.trim().split('\n').map(Number)
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
