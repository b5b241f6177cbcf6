import { html } from 'hono/html'
import type { Html } from './html.ts'

const UNITS = [
  { unit: 'd', ms: 86_400_000 },
  { unit: 'h', ms: 3_600_000 },
  { unit: 'min', ms: 60_000 },
  { unit: 's', ms: 1_000 },
] as const

/** A length of time in the largest unit of which there are two: `90 s`, `12 min`, `5 d`. */
export function lengthText(ms: number): string {
  const { unit, ms: one } = UNITS.find((each) => ms >= 2 * each.ms) ?? UNITS[3]
  return `${Math.floor(ms / one)} ${unit}`
}

/** How long a run took: `4 ms`, `1.2 s`. */
export function tookText(ms: number): string {
  return ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`
}

/** `2026-03-01 12:00:00 UTC` */
function absoluteText(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')} UTC`
}

export function absolute(at: number): Html {
  return html`<time datetime="${new Date(at).toISOString()}">${absoluteText(at)}</time>`
}

/** How long ago, with the instant for who points at it. */
export function ago(at: number, now: number): Html {
  return relative(at, now - at < 1_000 ? 'just now' : `${lengthText(now - at)} ago`)
}

/** For how long it has lasted. */
export function lasting(since: number, now: number): Html {
  return relative(since, lengthText(Math.max(0, now - since)))
}

export function ahead(at: number, now: number): Html {
  return relative(at, at <= now ? 'now' : `in ${lengthText(at - now)}`)
}

function relative(at: number, text: string): Html {
  return html`<time datetime="${new Date(at).toISOString()}" title="${absoluteText(at)}">${text}</time>`
}
