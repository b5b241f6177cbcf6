import { z } from 'zod'
import { getJson } from './http-json.ts'
import { failing, passed, type Step, unknown } from './step.ts'

const WATCHDOG = 'AuthwatchWatchdog'
/** Prometheus sends an alert that goes on again every minute. */
const FRESH_MS = 300_000

const alertsAnswer = z.array(
  z.object({ updatedAt: z.iso.datetime({ offset: true }), status: z.object({ state: z.string() }) }),
)

/** Whether the dead man's switch arrives: the alert that always fires, through which silence is noticed. */
export async function alertmanagerSteps(url: string): Promise<readonly Step[]> {
  const id = 'alertmanager.watchdog'
  const answer = await getJson(url, `/api/v2/alerts?filter=${encodeURIComponent(`alertname="${WATCHDOG}"`)}`)
  if ('why' in answer) return [unknown(id, `Alertmanager: ${answer.why}`, 'is this its base URL?')]
  const parsed = alertsAnswer.safeParse(answer.json)
  if (!parsed.success)
    return [unknown(id, 'another program answers there', 'is this the base URL of an Alertmanager?')]
  return [watchdogStep(id, parsed.data)]
}

function watchdogStep(id: string, alerts: z.infer<typeof alertsAnswer>): Step {
  const newest = Math.max(...alerts.map(({ updatedAt }) => Date.parse(updatedAt)))
  if (alerts.length === 0 || Date.now() - newest > FRESH_MS)
    return failing(id, 'critical', {
      seen: `${WATCHDOG} does not arrive`,
      advice: 'load alerts/self.rules.yml, and set alerting.alertmanagers in Prometheus',
    })
  if (alerts.every(({ status }) => status.state === 'suppressed'))
    return failing(id, 'warning', {
      seen: `${WATCHDOG} is silenced, so nobody would notice that alerts stop`,
      advice: 'end the silence, or narrow it',
    })
  return passed(id, `${WATCHDOG} arrives`)
}
