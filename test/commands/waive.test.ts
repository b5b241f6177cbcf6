import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test, vi } from 'vitest'
import { stateDatabase } from '../results/state-database.ts'
import { testDatabase } from '../support/database.ts'
import { onlyChecks, startServe, type TestWorker } from '../support/worker.ts'
import { authwatch } from './authwatch.ts'

vi.setConfig({ testTimeout: 180_000 })

const WITHIN_MS = 40_000
const BANNED = 'session.user_banned'
const CLEAR = 'user.credential_without_password'

interface Listed {
  readonly id: string
  readonly key: string
  readonly waivedUntil: number | null
}

test.concurrent('a waived finding leaves the alert on every worker, and comes back by itself', async () => {
  await using application = await testDatabase()
  await using state = await stateDatabase()
  const env = { DATABASE_URL: application.url, STATE_DATABASE_URL: state.url }
  const config = { checks: onlyChecks([BANNED, CLEAR], { every: '10s', timeout: '2s' }) }
  const userId = await application.insert('user', { banned: true })
  const [one, two] = await Promise.all([startServe({ env, config }), startServe({ env, config })])
  const workers: readonly TestWorker[] = [one, two]
  /** What the alert compares, on both; 0 findings is also what a state of pass is made of. */
  const both = async (metric: string, check: string, value: number | undefined) => {
    for (const worker of workers) {
      await vi.waitFor(async () => expect(await worker.value(metric, { check })).toBe(value), {
        timeout: WITHIN_MS,
        interval: 200,
      })
    }
  }
  try {
    await both('authwatch_check_findings', BANNED, 0)
    await both('authwatch_findings_waived', BANNED, undefined)
    const row = await application.insert('session', { userId })
    await application.insert('account', { id: '=cmd()', userId, password: null })
    await both('authwatch_check_findings', BANNED, 1)
    await both('authwatch_check_findings', CLEAR, 1)

    const listed = async (): Promise<readonly Listed[]> =>
      JSON.parse((await authwatch(['findings', '--json', '--check', BANNED], { env })).stdout).findings
    const [finding] = await listed()
    expect(finding).toMatchObject({ key: row, waivedUntil: null })
    const csv = await authwatch(['findings', '--csv', '--check', CLEAR], { env })
    expect(csv.stdout).toMatch(/^finding,check,target,row,/)
    expect(csv.stdout).toContain(",app,'=cmd(),")

    const pages = () =>
      Promise.all(workers.map(async ({ url }) => (await fetch(`${url}/checks/${BANNED}`)).text()))
    const mark = 'by ada: a test account</span>'
    expect((await pages()).filter((page) => page.includes(mark))).toEqual([])

    const id = finding?.id.slice(0, 6) ?? ''
    const reason = ['--by', 'ada', '--reason', 'a test account']
    expect(await authwatch(['waive', id, '--until', '30d'], { env })).toMatchObject({ code: 64, stdout: '' })
    const waived = await authwatch(['waive', id, '--until', '25s', ...reason], { env })
    const until = Date.now() + 25_000
    expect(waived).toMatchObject({ code: 0, stderr: '' })
    await both('authwatch_check_findings', BANNED, 0)
    await both('authwatch_findings_waived', BANNED, 1)
    expect(await one.value('authwatch_check_state', { check: BANNED, state: 'pass' })).toBe(1)
    expect(await one.value('authwatch_check_findings', { check: CLEAR })).toBe(1)
    expect(Date.now()).toBeLessThan(until)
    expect((await listed())[0]?.waivedUntil).toBeGreaterThan(Date.now())
    expect((await pages()).filter((page) => page.includes(mark))).toHaveLength(2)
    const list = await authwatch(['waive', '--list'], { env })
    expect(list.stdout).toMatch(new RegExp(`${BANNED}\\s+app\\s+${row} .* ada\\s+a test account`))

    await sleep(Math.max(0, until - Date.now()))
    await both('authwatch_check_findings', BANNED, 1)
    await both('authwatch_findings_waived', BANNED, undefined)
    expect((await authwatch(['waive', '--list'], { env })).stdout).toBe('no waivers\n')
    const diff = await authwatch(['findings', 'diff', '--since', '1h'], { env })
    expect(diff.stdout).toMatch(/^2 new\n/)
    expect(diff.stdout).toContain('\n0 resolved\n')
  } finally {
    await Promise.all(workers.map((worker) => worker[Symbol.asyncDispose]()))
  }
})
