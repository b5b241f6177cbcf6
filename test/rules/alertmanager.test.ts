import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { z } from 'zod'
import { catalogue } from '../../src/commands/catalogue.ts'
import { renderAlertmanager } from '../../src/generate/alertmanager.ts'
import { filesOf } from '../../src/generate/generate.ts'
import { amtool, startAlertmanager, type TestAlertmanager } from '../support/alertmanager.ts'
import { alertsOf, groupsOf } from './rule-cases.ts'

const text = renderAlertmanager(catalogue)
const alerts = Object.entries(filesOf(catalogue))
  .filter(([path]) => path.endsWith('.rules.yml'))
  .flatMap(([, rules]) => alertsOf(groupsOf(rules)))

const strings = z.array(z.string())
const config = z.object({
  inhibit_rules: z.array(
    z.object({ source_matchers: strings, target_matchers: strings, equal: strings.min(1) }),
  ),
})

describe('routes', () => {
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

test('every alert that an inhibition names exists and carries the labels that must be equal', () => {
  const { inhibit_rules: rules } = config.parse(parse(text))
  const labelsOf = (name: string) => {
    const found = alerts.find(({ alert }) => alert === name)
    if (found === undefined) throw new Error(`no alert ${name}`)
    const { expr, labels } = found
    const grouped = [...expr.matchAll(/\bby \(([^)]*)\)|\bjob(_\w+)?:|\{job="/g)].flatMap(
      ([whole, list, level]) =>
        list?.split(', ') ?? (whole.startsWith('{') ? ['job'] : ['job', ...(level ?? '').split('_')]),
    )
    return [...grouped, ...Object.keys(labels), 'alertname']
  }
  for (const { source_matchers: sources, target_matchers: targets, equal } of rules) {
    const named = [...sources, ...targets].flatMap(
      (matcher) => /^alertname=~?"(.*)"$/.exec(matcher)?.[1]?.split('|') ?? [],
    )
    for (const name of named) expect([name, ...labelsOf(name)]).toEqual(expect.arrayContaining([...equal]))
  }
  expect(rules.length).toBeGreaterThan(15)
})

/** Labels as the rule gives them, beside where it is. */
function firing(alertname: string, place: Readonly<Record<string, string>>, severity?: string) {
  const rule = alerts.find(
    ({ alert, labels }) => alert === alertname && (severity ?? labels.severity) === labels.severity,
  )
  if (rule === undefined) throw new Error(`no alert ${alertname} ${severity}`)
  return { labels: { alertname, job: 'authwatch', ...rule.labels, ...place } }
}

const on = (target: string) => ({ target })
const FLEET = on('fleet')

/** What fires in each fault, and what of it still calls somebody. */
const FAULTS: readonly (readonly [string, readonly ReturnType<typeof firing>[], readonly string[]])[] = [
  [
    'a server that does not answer',
    [
      firing('AuthwatchServerNotAnswering', on('crm-a')),
      firing('AuthwatchSignInUnhealthy', on('crm-a')),
      firing('AuthwatchJourneySignInBroken', on('crm-a')),
      firing('AuthwatchProbeErrorBudgetBurn', on('crm-a'), 'critical'),
      firing('AuthwatchCheckCannotLook', { target: 'crm-a', check: 'debug.open' }),
    ],
    ['AuthwatchServerNotAnswering crm-a'],
  ],
  [
    'two servers with a fault each',
    [firing('AuthwatchServerNotAnswering', on('crm-a')), firing('AuthwatchSignInUnhealthy', on('crm-b'))],
    ['AuthwatchServerNotAnswering crm-a', 'AuthwatchSignInUnhealthy crm-b'],
  ],
  [
    'a server with another secret',
    [
      firing('AuthwatchSecretAuthDiffers', on('crm-b'), 'critical'),
      firing('AuthwatchCanarySessionEnded', on('crm-b'), 'critical'),
      firing('AuthwatchJourneySignInBroken', on('crm-b')),
      firing('AuthwatchCredentialRefusedElsewhere', FLEET),
    ],
    ['AuthwatchSecretAuthDiffers crm-b'],
  ],
  [
    'a server that names its cookie otherwise, which explains nothing',
    [
      firing('AuthwatchSecretAuthDiffers', on('crm-b'), 'warning'),
      firing('AuthwatchJourneySignInBroken', on('crm-b')),
    ],
    ['AuthwatchJourneySignInBroken crm-b', 'AuthwatchSecretAuthDiffers crm-b'],
  ],
  [
    'another extension secret',
    [
      firing('AuthwatchSecretExtensionDiffers', on('crm-b')),
      firing('AuthwatchExtensionTokenMisjudged', on('crm-b')),
      firing('AuthwatchCredentialRefusedElsewhere', FLEET),
    ],
    ['AuthwatchSecretExtensionDiffers crm-b'],
  ],
  [
    'a signing key that cannot be decrypted',
    [
      firing('AuthwatchJwksUndecryptable', FLEET),
      firing('AuthwatchCanarySessionEnded', on('crm-a'), 'critical'),
      firing('AuthwatchJourneySignInBroken', on('crm-b')),
    ],
    ['AuthwatchJwksUndecryptable fleet'],
  ],
  [
    'the application database lost',
    [
      firing('AuthwatchDatabaseDown', on('crm')),
      firing('AuthwatchCheckCannotLook', { target: 'crm', check: 'session.user_banned' }),
      firing('AuthwatchCheckCannotLook', { target: 'billing', check: 'session.user_banned' }),
    ],
    ['AuthwatchCheckCannotLook billing', 'AuthwatchDatabaseDown crm'],
  ],
  [
    'all workers gone',
    [
      firing('AuthwatchWorkersGone', {}),
      firing('AuthwatchWorkerDown', { instance: 'a' }),
      firing('AuthwatchCheckStale', { target: 'crm', check: 'session.user_banned' }),
      firing('AuthwatchEventsMissing', { server: 'crm-a' }),
    ],
    ['AuthwatchWorkersGone'],
  ],
  [
    'the state database lost, with the queue in it and the events that cannot be counted',
    [
      firing('AuthwatchStateDatabaseDown', {}),
      firing('AuthwatchQueueDown', {}),
      firing('AuthwatchResultsDropped', {}),
      firing('AuthwatchSignInSuccessDrop', {}, 'critical'),
    ],
    ['AuthwatchStateDatabaseDown'],
  ],
  [
    'an outage',
    [
      firing('AuthwatchSignInErrorBudgetBurn', {}, 'critical'),
      firing('AuthwatchSignInErrorBudgetBurn', {}, 'warning'),
      firing('AuthwatchSignInSuccessDrop', {}, 'critical'),
      firing('AuthwatchSignInRejectionSpike', {}),
    ],
    ['AuthwatchSignInErrorBudgetBurn'],
  ],
  [
    'stuffing beside a budget that burns slowly',
    [
      firing('AuthwatchCredentialStuffing', {}),
      firing('AuthwatchSignInRejectionSpike', {}),
      firing('AuthwatchSignInErrorBudgetBurn', {}, 'warning'),
    ],
    ['AuthwatchCredentialStuffing', 'AuthwatchSignInErrorBudgetBurn'],
  ],
  [
    'the graver and the milder condition of one check',
    [
      firing('AuthwatchApiKeyNoReference', on('crm'), 'critical'),
      firing('AuthwatchApiKeyNoReference', on('crm'), 'warning'),
      firing('AuthwatchApiKeyNoReference', on('billing'), 'warning'),
    ],
    ['AuthwatchApiKeyNoReference billing', 'AuthwatchApiKeyNoReference crm'],
  ],
]

const listed = z.array(
  z.object({ labels: z.record(z.string(), z.string()), status: z.object({ state: z.string() }) }),
)

/** Each fault is a deployment of its own, so one Alertmanager holds them all at once. */
describe('one cause is one call', () => {
  let alertmanager: TestAlertmanager
  beforeAll(async () => {
    alertmanager = await startAlertmanager({ config: text })
    await alertmanager.post(
      FAULTS.flatMap(([fault, all]) => all.map(({ labels }) => ({ labels: { ...labels, job: fault } }))),
    )
  })
  afterAll(() => alertmanager[Symbol.asyncDispose]())

  test.each(FAULTS)('%s', async (fault, all, calling) => {
    const filter = encodeURIComponent(`job=${JSON.stringify(fault)}`)
    const answer = await fetch(`${alertmanager.url}/api/v2/alerts?filter=${filter}`)
    const known = listed.parse(await answer.json())
    expect(known.length).toBe(all.length)
    const active = known.filter(({ status }) => status.state !== 'suppressed')
    const named = active.map(({ labels }) => [labels.alertname, labels.target].filter(Boolean).join(' '))
    expect(named.toSorted()).toEqual(calling)
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

test('what fires at once in one deployment is one page, and the others hear of theirs', async () => {
  await using inbox = await receiver()
  const config = text
    .replaceAll('127.0.0.1:9095', `127.0.0.1:${inbox.port}`)
    .replace('group_wait: 30s', 'group_wait: 1s')
  await using alertmanager = await startAlertmanager({ config })
  await alertmanager.post([
    firing('AuthwatchWatchdog', { job: '' }),
    firing('AuthwatchDatabaseDown', on('crm')),
    firing('AuthwatchSignInUnhealthy', on('crm-a')),
    firing('AuthwatchSignInUnhealthy', on('crm-b')),
    firing('AuthwatchJourneySignInBroken', on('crm-b')),
    firing('AuthwatchCredentialStuffing', {}),
    firing('AuthwatchApiKeyUnused', on('crm')),
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
}, 40_000)
