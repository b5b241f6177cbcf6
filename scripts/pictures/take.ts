// Takes pictures of the boards, drawn by Grafana's own components, of a demo that runs for some minutes. For people who
// change boards, and for the documents; no part of any test. It needs Chromium, and the components in a folder:
//
//   mkdir /tmp/pictures && cd /tmp/pictures && npm init -y && npm install --legacy-peer-deps \
//     @grafana/{ui,data,schema,i18n,e2e-selectors}@13.2.2 react@18 react-dom@18 rxjs esbuild
//   npx tsx scripts/pictures/take.ts --modules /tmp/pictures --data /tmp/pictures/data --minutes 6
//
// What was fetched is kept in --data, and drawn again without a demo when it is there.
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { type Browser, chromium } from 'playwright-core'
import { readBoards } from '../../test/generate/board-files.ts'
import { boardData } from './board-data.ts'
import { bundlePage } from './bundle-page.ts'
import { watchDemo } from './watch-demo.ts'

const WIDTH = 1600
const DRAWN_MS = 60_000
/** For what is drawn after it is laid out. */
const SETTLED_MS = 1_500

const { values } = parseArgs({
  options: {
    modules: { type: 'string', default: '/tmp/pictures' },
    data: { type: 'string', default: '/tmp/pictures/data' },
    out: { type: 'string', default: 'docs/pictures' },
    minutes: { type: 'string', default: '6' },
    /** Pixels from the top; all of it when it is not said. */
    height: { type: 'string' },
    chromium: { type: 'string', default: '/usr/bin/chromium' },
  },
})

async function fetchData(folder: string, minutes: number): Promise<void> {
  await using watched = await watchDemo(minutes)
  const to = new Date()
  const asking = { prometheus: watched.url, from: new Date(to.getTime() - minutes * 60_000), to }
  await mkdir(folder, { recursive: true })
  for (const board of await readBoards()) {
    const { uid, title, description } = board
    const panels = await boardData(board, asking)
    const data = { board: { title, description }, panels, from: asking.from.getTime(), to: to.getTime() }
    await writeFile(join(folder, `${uid}.json`), JSON.stringify(data))
  }
}

async function takePicture(
  browser: Browser,
  given: { page: string; data: string; path: string },
): Promise<void> {
  const tab = await browser.newPage({ viewport: { width: WIDTH, height: 900 } })
  tab.on('pageerror', (error) => console.error(`${given.path}: ${error.message}`))
  await tab.addInitScript(`window.boardData = ${given.data}`)
  await tab.goto(`file://${given.page}`)
  await tab.waitForSelector('#drawn', { state: 'attached', timeout: DRAWN_MS })
  // Tables draw only what is to be seen.
  const height = await tab.evaluate('document.documentElement.scrollHeight')
  await tab.setViewportSize({ width: WIDTH, height: Number(height) })
  await sleep(SETTLED_MS)
  const shown = Math.min(Number(height), Number(values.height ?? height))
  await tab.screenshot({ path: given.path, clip: { x: 0, y: 0, width: WIDTH, height: shown } })
  await tab.close()
}

const directory = await mkdtemp(join(tmpdir(), 'authwatch-pictures-'))
try {
  const page = await bundlePage({ modules: values.modules, directory })
  if ((await readdir(values.data).catch(() => [])).length === 0)
    await fetchData(values.data, Number(values.minutes))
  await mkdir(values.out, { recursive: true })
  const browser = await chromium.launch({ executablePath: values.chromium, args: ['--no-sandbox'] })
  try {
    for (const file of (await readdir(values.data)).toSorted()) {
      const path = join(values.out, file.replace('.json', '.png'))
      await takePicture(browser, { page, data: await readFile(join(values.data, file), 'utf8'), path })
      console.log(path)
    }
  } finally {
    await browser.close()
  }
} finally {
  await rm(directory, { recursive: true, force: true })
}
