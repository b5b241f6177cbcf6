import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import { type Duration, seconds } from '../../src/catalogue/duration.ts'
import { renderAlertmanager } from '../../src/generate/alertmanager.ts'
import { renderRuleFiles } from '../../src/generate/rule-files.ts'
import { startAlertmanager, type TestAlertmanager } from '../support/alertmanager.ts'
import { closing, openTogether } from '../support/open-together.ts'
import { startPrometheus, type TestPrometheus } from '../support/prometheus.ts'
import type { Habits } from './habits.ts'
import { writeHistory } from './history.ts'
import { type Receiver, startReceiver } from './receiver.ts'
import { scaleDuration, scaleRules } from './scale.ts'
import type { World } from './world.ts'

/** How many times faster time runs for the rules. With it a check that is run every 10 s is run every 5 minutes. */
export const FACTOR = 30

/** What watches the workers: Prometheus, Alertmanager and whom that tells. */
export interface Monitoring extends AsyncDisposable {
  readonly prometheus: TestPrometheus
  readonly alertmanager: TestAlertmanager
  readonly receiver: Receiver
  /** Labels of what fires and tells nobody, because something else that fires explains it. */
  inhibited(): Promise<readonly Readonly<Record<string, string>>[]>
}

const listed = z.array(z.object({ labels: z.record(z.string(), z.string()) }))

/**
 * Starts it with the project's own rules and routes for this world's configuration, in shorter times. The past is as
 * healthy as the habits say; without habits there is none.
 */
export async function startMonitoring(world: World, habits: Habits = []): Promise<Monitoring> {
  return await openTogether(async (keep) => {
    const folder = await mkdtemp(join(tmpdir(), 'authwatch-monitoring-'))
    keep(closing(() => rm(folder, { recursive: true, force: true })))
    const receiver = keep(await startReceiver())
    const alertmanager = keep(await startAlertmanager({ config: routesTo(receiver.port, world) }))
    if (habits.length > 0) await writeHistory({ habits, factor: FACTOR, folder })
    const prometheus = keep(
      await startPrometheus({
        scrape: [{ job: world.config.alerts.job, targets: Object.values(world.addresses) }],
        ruleFiles: await writeRules(world, folder),
        alertmanagers: [alertmanager.target],
        dataDirectory: join(folder, 'data'),
        lookback: scaleDuration('5m', FACTOR),
        // Alertmanager takes an alert for resolved after four times that: longer than a server takes to restart.
        resendDelay: '10s',
      }),
    )
    const inhibited = async () => {
      const query = '/api/v2/alerts?active=false&silenced=false&inhibited=true'
      const answer = await fetch(alertmanager.url + query, { signal: AbortSignal.timeout(5_000) })
      return listed.parse(await answer.json()).map(({ labels }) => labels)
    }
    return { prometheus, alertmanager, receiver, inhibited }
  })
}

async function writeRules({ config }: World, folder: string): Promise<readonly string[]> {
  const checks = config.checks.map((check) => ({ ...check, every: slower(check.every) }))
  const files = Object.entries(renderRuleFiles(checks, config.alerts)).map(([path, text]) => ({
    file: join(folder, path.replaceAll('/', '-')),
    text: scaleRules(text, FACTOR),
  }))
  await Promise.all(files.map(({ file, text }) => writeFile(file, text)))
  return files.map(({ file }) => file)
}

/** The interval that a deployment would have whose time does not run faster. */
function slower(every: Duration): Duration {
  return `${seconds(every) * FACTOR}s`
}

/** Only addresses and waits are changed. */
function routesTo(port: number, { config }: World): string {
  return renderAlertmanager(config.checks)
    .replaceAll('127.0.0.1:9095', `127.0.0.1:${port}`)
    .replace('group_wait: 30s', 'group_wait: 2s')
    .replaceAll('group_interval: 5m', 'group_interval: 10s')
    .replaceAll('group_interval: 1m', 'group_interval: 2s')
    .replaceAll(/repeat_interval: \w+/g, 'repeat_interval: 1h')
}
