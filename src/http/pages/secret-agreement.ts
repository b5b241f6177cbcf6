import { html } from 'hono/html'
import type { secretMismatch } from '../../catalogue/families/secret.ts'
import { groupBy } from '../../catalogue/group-by.ts'
import { matrixCells } from '../../catalogue/matrix.ts'
import type { CheckId } from '../../catalogue/naming.ts'
import type { StatusRow } from '../status-rows.ts'
import { checkLink } from './check-link.ts'
import type { Html } from './html.ts'

const ATTESTED: CheckId = 'attestation.secret_mismatch'

interface Proof {
  readonly secret: (typeof secretMismatch.labels.secret)[number]
  readonly name: string
  readonly how: string
  readonly check: CheckId
}

/** Each secret that servers must share, and each way by which it is known whether they do. */
export const PROOFS: readonly Proof[] = [
  { secret: 'auth', name: 'BETTER_AUTH_SECRET', how: 'attested', check: ATTESTED },
  { secret: 'auth', name: 'BETTER_AUTH_SECRET', how: 'by a forged cookie', check: 'secret.auth_differs' },
  { secret: 'extension_token', name: 'EXTENSION_TOKEN_SECRET', how: 'attested', check: ATTESTED },
  {
    secret: 'extension_token',
    name: 'EXTENSION_TOKEN_SECRET',
    how: 'by a token',
    check: 'secret.extension_differs',
  },
]

type RowsOfCheck = ReadonlyMap<CheckId, readonly StatusRow[]>

type Agreement = 'agrees' | 'differs' | 'unknown'

const SHOWN: Readonly<Record<Agreement, { readonly sign: string; readonly className: string }>> = {
  agrees: { sign: '✓', className: 'pass' },
  differs: { sign: '✗', className: 'critical' },
  unknown: { sign: '?', className: 'stale' },
}

/** Whether the servers hold the secrets they must share. Nothing of a secret is known here, only what probes found. */
export function secretAgreement(all: readonly StatusRow[]): Html {
  const rows: RowsOfCheck = groupBy(
    all.filter(({ id }) => PROOFS.some(({ check }) => check === id)),
    ({ id }) => id,
  )
  const asked = PROOFS.filter(({ check }) => rows.has(check))
  if (asked.length === 0) return html``
  const servers = serversOf(all)
  const known = asked.filter(({ check }) => rows.get(check)?.some(({ state }) => state !== 'skipped'))
  return html`<section aria-labelledby="secrets">
<h2 id="secrets">Secrets</h2>
${known.length === 0 ? '' : table({ proofs: known, servers, rows })}
${asked
  .filter((proof) => !known.includes(proof))
  .map(
    ({ name, how, check }) =>
      html`<p class="quiet"><code>${name}</code> ${how}, ${checkLink(check)}: not asked, ${reasonOf(rows, check)}</p>`,
  )}
</section>
`
}

const MOST_SERVERS = 40

function serversOf(rows: readonly StatusRow[]): readonly string[] {
  const names = rows.flatMap(({ check, target }) => (check.scope === 'server' ? target : []))
  return [...new Set(names)].slice(0, MOST_SERVERS).toSorted()
}

function reasonOf(rows: RowsOfCheck, check: CheckId): string {
  return rows.get(check)?.[0]?.detail ?? ''
}

function table(options: {
  readonly proofs: readonly Proof[]
  readonly servers: readonly string[]
  readonly rows: RowsOfCheck
}): Html {
  const { proofs, servers, rows } = options
  return html`<div class="scroll" role="group" aria-label="Table of secrets" tabindex="0">
<table class="matrix" aria-labelledby="secrets">
<thead><tr><th scope="col">Secret</th>${servers.map((name) => html`<th scope="col">${name}</th>`)}</tr></thead>
<tbody>
${proofs.map(
  (
    proof,
  ) => html`<tr><th scope="row"><code>${proof.name}</code> <span class="quiet">${proof.how}, ${checkLink(proof.check)}</span></th>${servers.map(
    (server) => {
      const agreement = agreementOf(proof, server, rows)
      const { sign, className } = SHOWN[agreement]
      return html`<td class="${className}"><span aria-hidden="true">${sign}</span> ${agreement}</td>`
    },
  )}</tr>
`,
)}
</tbody>
</table>
</div>
`
}

/** An old result, and one that could not look, says nothing: neither that they agree nor that they differ. */
function agreementOf({ secret, check }: Proof, server: string, rows: RowsOfCheck): Agreement {
  const own = rows.get(check) ?? []
  if (check !== ATTESTED) {
    const state = own.find(({ target }) => target === server)?.state
    return state === 'pass' ? 'agrees' : state === 'fail' ? 'differs' : 'unknown'
  }
  const verdict = own[0]?.verdict
  const cells = verdict !== undefined && 'values' in verdict ? matrixCells(verdict.values) : []
  const found = cells.find(({ labels }) => labels.secret === secret && labels.server === server)
  if (found === undefined) return 'unknown'
  return found.value === 0 ? 'agrees' : 'differs'
}
