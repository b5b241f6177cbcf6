import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { catalogue } from '../../src/commands/catalogue.ts'
import { renderAlertmanager } from '../../src/generate/alertmanager.ts'
import { amtool, startAlertmanager } from '../support/alertmanager.ts'
import { binaryOrSkip } from '../support/binaries.ts'
import { firing } from './firing.ts'

const missing = 'skip' in (await binaryOrSkip('alertmanager'))
const text = renderAlertmanager(catalogue)
describe.skipIf(missing)('routes', () => {
  let directory = ''
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'authwatch-routes-'))
    await writeFile(join(directory, 'alertmanager.yml'), text)
  })
  afterAll(() => rm(directory, { recursive: true, force: true }))

  test('amtool accepts the file', async () => {
    const { code, output } = await amtool(['check-config', join(directory, 'alertmanager.yml')])
    expect(output).toContain('SUCCESS')
    expect(code).toBe(0)
  })

  test.each([
    ['page', { alertname: 'AuthwatchServerNotAnswering', severity: 'critical', team: 'sre' }],
    ['page,security', { alertname: 'AuthwatchAnything', severity: 'critical', team: 'security' }],
    ['security', { alertname: 'AuthwatchCredentialStuffing', severity: 'warning', team: 'security' }],
    ['ticket', { alertname: 'AuthwatchApiKeyUnused', severity: 'info', team: 'sre' }],
    ['ticket', { alertname: 'AuthwatchQueueStuck', severity: 'warning', team: 'sre' }],
    ['dead-man', { alertname: 'AuthwatchWatchdog', severity: 'none', team: 'sre' }],
    // Whatever else comes here is somebody's work, too.
    ['ticket', { alertname: 'SomethingElse' }],
  ])('%s receives %j', async (receivers, labels) => {
    const pairs = Object.entries(labels).map(([name, value]) => `${name}=${value}`)
    const file = `--config.file=${join(directory, 'alertmanager.yml')}`
    const { code, output } = await amtool([
      'config',
      'routes',
      'test',
      file,
      `--verify.receivers=${receivers}`,
      ...pairs,
    ])
    expect(output).toContain(receivers)
    expect(code).toBe(0)
  })
})

const DEADLINE_MS = 15_000

interface Notification {
  readonly receiver: string
  readonly alerts: readonly string[]
}

/** A real receiver of webhooks, which keeps what it is sent. */
async function receiver() {
  const received: Notification[] = []
  const body = z.object({ alerts: z.array(z.object({ labels: z.record(z.string(), z.string()) })) })
  const server = createServer((request, response) => {
    let sent = ''
    request.setEncoding('utf8').on('data', (chunk: string) => {
      sent += chunk
    })
    request.on('end', () => {
      const names = body.parse(JSON.parse(sent)).alerts.map(({ labels }) => labels.alertname ?? '')
      received.push({ receiver: (request.url ?? '').slice(1), alerts: names.toSorted() })
      response.end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return { port, received, [Symbol.asyncDispose]: async () => void server.close() }
}

test.skipIf(missing)(
  'what fires at once in one deployment is one page, and the others hear of theirs',
  async () => {
    await using inbox = await receiver()
    const config = text
      .replaceAll('127.0.0.1:9095', `127.0.0.1:${inbox.port}`)
      .replace('group_wait: 30s', 'group_wait: 1s')
    await using alertmanager = await startAlertmanager({ config })
    await alertmanager.post([
      firing('AuthwatchWatchdog', { job: '' }),
      firing('AuthwatchDatabaseDown', { target: 'crm' }),
      firing('AuthwatchSignInUnhealthy', { target: 'crm-a' }),
      firing('AuthwatchSignInUnhealthy', { target: 'crm-b' }),
      firing('AuthwatchJourneySignInBroken', { target: 'crm-b' }),
      firing('AuthwatchCredentialStuffing', {}),
      firing('AuthwatchApiKeyUnused', { target: 'crm' }),
    ])
    const deadline = Date.now() + DEADLINE_MS
    while (inbox.received.length < 4 && Date.now() < deadline) await sleep(50)
    // Anything more would be a second call about the same.
    await sleep(1_500)
    expect(inbox.received.toSorted((a, b) => (a.receiver < b.receiver ? -1 : 1))).toEqual([
      { receiver: 'dead-man', alerts: ['AuthwatchWatchdog'] },
      {
        receiver: 'page',
        alerts: ['AuthwatchDatabaseDown', 'AuthwatchSignInUnhealthy', 'AuthwatchSignInUnhealthy'],
      },
      { receiver: 'security', alerts: ['AuthwatchCredentialStuffing'] },
      { receiver: 'ticket', alerts: ['AuthwatchApiKeyUnused'] },
    ])
  },
  40_000,
)
