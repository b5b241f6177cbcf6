import type { Tallied } from './storm.ts'

const SAMPLE = /^authwatch_auth_(events_total|duration_seconds_count)\{(.*)\} (\S+)$/gm

/** What an exposition shows of events, but for zeros. Labels are written in the order of their names. */
export function readShown(exposition: string): Tallied {
  const events = new Map<string, number>()
  const timed = new Map<string, number>()
  for (const [, name, labels = '', value] of exposition.matchAll(SAMPLE)) {
    if (Number(value) === 0) continue
    const of = Object.fromEntries(
      [...labels.matchAll(/(\w+)="([^"]*)"/g)].map(([, key, text]) => [key, text]),
    )
    const key = `${of.server} ${of.operation} ${of.outcome}`
    if (name === 'events_total') events.set(`${key} ${of.reason}`, Number(value))
    else timed.set(key, Number(value))
  }
  return { events, timed }
}
