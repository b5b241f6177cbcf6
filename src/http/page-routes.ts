import type { Context, Hono } from 'hono'
import { type Asset, readPageAssets } from './page-assets.ts'
import { checkPage } from './pages/check-page.ts'
import type { FindingsTable } from './pages/findings-table.ts'
import type { Html } from './pages/html.ts'
import { layout } from './pages/layout.ts'
import { noSuchCheckPage } from './pages/no-such-check-page.ts'
import type { PageCheck, PageSources } from './pages/page-sources.ts'
import { runbookPage } from './pages/runbook-page.ts'
import { statusPage } from './pages/status-page.ts'
import { readRunbook } from './runbook.ts'
import { type StatusRow, statusRows } from './status-rows.ts'

export const CHECK_PATH = '/checks/:id'

export interface PageRoutesOptions {
  readonly version: string
  readonly sources: PageSources
  /** Why the worker is not ready. */
  notReady(): readonly string[]
}

/** The pages for people, and what they load. Runbook and assets are read here, once. */
export function addPageRoutes(app: Hono, { version, sources, notReady }: PageRoutesOptions): void {
  const runbook = readRunbook()
  const { style, script } = readPageAssets()
  const assets = { style: style.address, script: script.address }
  const shell = { version, assets }

  app.get('/', (c) => {
    const { title, now, main } = statusPage(sources, notReady())
    return c.html(layout({ ...shell, title, root: '', now, main, updates: true }))
  })

  app.get(CHECK_PATH, async (c) => {
    const snapshot = sources.snapshot()
    const check = snapshot.checks.find(({ id }) => id === c.req.param('id'))
    if (check === undefined) {
      const { now } = snapshot
      const title = 'No such check · authwatch'
      return c.html(
        layout({ ...shell, title, root: '../', now, main: noSuchCheckPage(), updates: false }),
        404,
      )
    }
    const rows = statusRows({ ...snapshot, checks: [check] })
    const { now } = snapshot
    const { history, nextRunAt } = sources
    const known = await knownFindings({ sources, check, rows, now })
    const main = checkPage({ check, rows, runbook, history, nextRunAt, ...known })
    return c.html(
      layout({ ...shell, title: `${check.id} · authwatch`, root: '../', now, main, updates: true }),
    )
  })

  app.get('/runbook', (c) => {
    const { now } = sources.snapshot()
    const main: Html = runbookPage(runbook)
    return c.html(layout({ ...shell, title: 'Runbook · authwatch', root: '', now, main, updates: false }))
  })

  for (const asset of [style, script]) app.get(asset.path, (c) => serveAsset(c, asset))
}

/** The address changes with the content, so a browser that holds it need not ask again. */
function serveAsset(c: Context, { content, type }: Asset): Response {
  c.header('Content-Type', type)
  c.header('Cache-Control', 'private, max-age=86400, immutable')
  return c.body(content)
}

/** From the state, or the sample of the last run when it does not answer. */
async function knownFindings(options: {
  readonly sources: PageSources
  readonly check: PageCheck
  readonly rows: readonly StatusRow[]
  readonly now: number
}): Promise<FindingsTable> {
  const { sources, check, rows, now } = options
  const { waiverOf } = sources
  try {
    return { findings: await sources.findings(check.id), remark: null, now, waiverOf }
  } catch {
    const places = new Set(rows.flatMap(({ target, state }) => (state === 'fail' ? target : [])))
    const findings = sources
      .snapshot()
      .results.filter((result) => result.check === check.id && places.has(result.target))
      .flatMap(({ verdict }) => (verdict.state === 'fail' ? verdict.findings : []))
    const remark = 'The state database does not answer. These are the offenders that the last run listed.'
    return { findings, remark, now, waiverOf }
  }
}
