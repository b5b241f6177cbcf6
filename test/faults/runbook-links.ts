import { readFileSync } from 'node:fs'
import { misrouted } from './alarm.ts'
import type { Told } from './receiver.ts'

const RUNBOOK = new URL('../../alerts/README.md', import.meta.url)

/** What is wrong with the labels and the link of an alert that somebody was told of. */
export function faultsOfText({ receiver, labels, annotations }: Told): readonly string[] {
  const name = labels.alertname ?? ''
  const headings = [...readFileSync(RUNBOOK, 'utf8').matchAll(/^### (\w+)$/gm)].map(([, heading]) => heading)
  const link = annotations.runbook_url ?? ''
  const heading = headings.find((each) => link.endsWith(`#${each?.toLowerCase()}`))
  return [
    ...(heading === name ? [] : [`${name}: its link ${link} leads to no section of its own`]),
    ...[misrouted(receiver, labels)].flatMap((wrong) => (wrong === undefined ? [] : [`${name}: ${wrong}`])),
  ]
}
