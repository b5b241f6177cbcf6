import { html } from 'hono/html'
import type { Html } from './html.ts'
import { numberText } from './number-text.ts'
import type { WorkerView } from './page-sources.ts'
import { absolute, lasting, tookText } from './time.ts'

/** The worker that answers, and what it knows of its own machinery. */
export function workerPanel(options: {
  readonly worker: WorkerView
  readonly notReady: readonly string[]
  readonly now: number
}): Html {
  const { worker, notReady, now } = options
  const { status, queueBackend } = worker
  return html`<section aria-labelledby="worker">
<h2 id="worker">Worker and queue</h2>
<dl class="facts">
${fact('Worker', html`<code>${worker.name}</code>`)}
${fact('Started', html`${absolute(worker.startedAt)}, ${lasting(worker.startedAt, now)} ago`)}
${fact('Ready', notReady.length === 0 ? sign(true, 'yes') : sign(false, `no: ${notReady.join('; ')}`))}
${fact('State database', sign(status.stateUp, status.stateUp ? 'answers' : 'lost: this worker goes on by itself'))}
${fact(`Queue (${queueBackend})`, sign(status.queueUp, status.queueUp ? 'answers' : 'lost: checks run without it'))}
${fact('Oldest waiting job', waiting(status.queueOldestWaitingSeconds))}
${fact('Clock against the state', html`${tookText(Math.abs(status.clockOffsetSeconds) * 1000)}`)}
${fact('Results not stored yet', count(status.pendingResults))}
${fact('Results missing from history', count(status.droppedResults))}
${fact('Runs without the queue', byReason(status.bypassedRuns))}
${fact('Jobs not run', byReason(status.skippedTicks))}
</dl>
</section>
`
}

function fact(name: string, value: Html): Html {
  return html`<div><dt>${name}</dt><dd>${value}</dd></div>`
}

function sign(isGood: boolean, text: string): Html {
  return html`<span class="${isGood ? 'pass' : 'critical'}"><span aria-hidden="true">${isGood ? '✓' : '✗'}</span> ${text}</span>`
}

function waiting(seconds: number | null): Html {
  return seconds === null ? html`<span class="stale">? not known</span>` : html`${tookText(seconds * 1000)}`
}

function count(value: number): Html {
  return html`<span class="${value > 0 ? 'warning' : ''}">${numberText(value)}</span>`
}

function byReason(counts: Readonly<Record<string, number>>): Html {
  const met = Object.entries(counts).filter(([, runs]) => runs > 0)
  if (met.length === 0) return html`0`
  return html`${met.map(([reason, runs]) => html`<span class="gauge">${numberText(runs)} <i>${reason}</i></span> `)}`
}
