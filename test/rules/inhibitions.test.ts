import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { z } from 'zod'
import { isDuration, seconds } from '../../src/catalogue/duration.ts'
import { alertName } from '../../src/catalogue/naming.ts'
import { catalogue } from '../../src/commands/catalogue.ts'
import { renderAlertmanager } from '../../src/generate/alertmanager.ts'
import { startAlertmanager, type TestAlertmanager } from '../support/alertmanager.ts'
import { binaryOrSkip } from '../support/binaries.ts'
import { alerts, firing } from './firing.ts'

const missing = 'skip' in (await binaryOrSkip('alertmanager'))
const text = renderAlertmanager(catalogue)
const strings = z.array(z.string())
const config = z.object({
  inhibit_rules: z.array(
    z.object({ source_matchers: strings, target_matchers: strings, equal: strings.min(1) }),
  ),
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

test('a probe whose alert silences that of another keeps firing until that one has looked again', () => {
  const { inhibit_rules: rules } = config.parse(parse(text))
  const probes = new Map(
    catalogue.filter(({ kind }) => kind === 'probe').map(({ id, every }) => [alertName(id), seconds(every)]),
  )
  const pauseOf = (name: string) => {
    const pause = alerts.find(({ alert }) => alert === name)?.keep_firing_for ?? '0s'
    return isDuration(pause) ? seconds(pause) : Number.NaN
  }
  const probesIn = (matchers: readonly string[]) =>
    matchers
      .flatMap((matcher) => /^alertname=~?"(.*)"$/.exec(matcher)?.[1]?.split('|') ?? [])
      .filter((name) => probes.has(name))
  const pairs = rules.flatMap(({ source_matchers: sources, target_matchers: targets }) =>
    probesIn(sources).flatMap((cause) => probesIn(targets).map((effect) => ({ cause, effect }))),
  )
  // The longest that counts: what is asked a few times a day cannot hold up the end of an outage.
  const longer = pairs.filter(
    ({ cause, effect }) => pauseOf(cause) - pauseOf(effect) > Math.min(300, probes.get(effect) ?? 0),
  )
  expect(longer).toEqual(pairs)
  expect(pairs.length).toBeGreaterThan(15)
})

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
      firing('AuthwatchCheckCannotLook', { ...FLEET, check: 'credential.refused_elsewhere' }),
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
      firing('AuthwatchCredentialStuffing', {}),
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
    'nobody who can sign in anywhere, so that sign-ins cannot be compared',
    [
      firing('AuthwatchJourneySignInBroken', on('crm-a')),
      firing('AuthwatchCheckCannotLook', { ...FLEET, check: 'credential.refused_elsewhere' }),
      firing('AuthwatchCheckCannotLook', { ...FLEET, check: 'clock.skewed' }),
    ],
    ['AuthwatchCheckCannotLook fleet', 'AuthwatchJourneySignInBroken crm-a'],
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
describe.skipIf(missing)('one cause is one call', () => {
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
