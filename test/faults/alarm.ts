import { WORKERS, type World } from './world.ts'

/**
 * An alert in short, without the prefix that all share: its name and what it is about, such as
 * `JourneySignInBroken crm-c`, or `CheckCannotLook crm-c secret.auth_differs` where one alert speaks of any check.
 */
export type Alarm = string

/** Whom alerts reach. */
export const RECEIVERS = ['page', 'ticket', 'security'] as const
export type ReceiverName = (typeof RECEIVERS)[number]

/** What somebody is told of, by receiver. */
export type Alarms = Readonly<Partial<Record<ReceiverName, readonly Alarm[]>>>

const PREFIX = 'Authwatch'
/** Their check is not part of their name. */
const OF_ANY_CHECK = new Set(['CheckCannotLook', 'CheckStale'])

export function alarmOf(
  labels: Readonly<Record<string, string>>,
  { addresses }: Pick<World, 'addresses'>,
): Alarm {
  const name = (labels.alertname ?? '').slice(PREFIX.length)
  const instance = WORKERS.find((worker) => addresses[worker] === labels.instance) ?? labels.instance
  const subject = labels.target ?? labels.server ?? instance
  const check = OF_ANY_CHECK.has(name) ? labels.check : undefined
  return [name, subject, check].filter((part) => part !== undefined).join(' ')
}

/** The full name of the alert. */
export function alertOf(alarm: Alarm): string {
  return PREFIX + (alarm.split(' ')[0] ?? '')
}

/** Why an alert's labels do not fit the receiver that was told; undefined when they do. */
export function misrouted(
  receiver: string,
  { severity, team }: Readonly<Record<string, string>>,
): string | undefined {
  const right = severity === 'critical' ? 'page' : team === 'security' ? 'security' : 'ticket'
  if (receiver === right || (receiver === 'security' && team === 'security')) return undefined
  return `${severity} of team ${team} reached ${receiver}`
}
