import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { defaultAlertPolicy } from '../../src/catalogue/alert-policy.ts'
import { catalogue } from '../../src/commands/catalogue.ts'
import { freePort } from '../../src/embedded/free-port.ts'
import { filesOf } from '../../src/generate/generate.ts'
import { writePastWeeks } from '../../test/generate/past-weeks.ts'
import { startDemo } from '../../test/support/demo.ts'
import { startPrometheus } from '../../test/support/prometheus.ts'

const { job } = defaultAlertPolicy

/** A demo at work and a Prometheus that has watched it for some minutes, with waits and pauses that fit so short a time. */
export async function watchDemo(minutes: number): Promise<AsyncDisposable & { readonly url: string }> {
  const directory = await mkdtemp(join(tmpdir(), 'authwatch-watched-'))
  const opened: AsyncDisposable[] = [
    { [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }) },
  ]
  const close = async () => {
    for (const each of opened.splice(0).reverse()) await each[Symbol.asyncDispose]()
  }
  try {
    const dataDirectory = join(directory, 'data')
    await mkdir(dataDirectory)
    await writePastWeeks({ dataDirectory, job, now: Date.now() / 1000 })
    const port = await freePort()
    opened.push(await startDemo({ port }))
    const prometheus = await startPrometheus({
      scrape: [{ job, targets: [`127.0.0.1:${port}`] }],
      ruleFiles: await writeRules(directory),
      dataDirectory,
      scrapeItself: true,
      scrapeInterval: '5s',
    })
    opened.push(prometheus)
    await sleep(minutes * 60_000)
    return { url: prometheus.url, [Symbol.asyncDispose]: close }
  } catch (cause) {
    await close()
    throw cause
  }
}

async function writeRules(directory: string): Promise<readonly string[]> {
  const rules = Object.entries(filesOf(catalogue)).filter(([path]) => path.endsWith('.rules.yml'))
  const paths = rules.map(([path]) => join(directory, path.replace('/', '-')))
  for (const [place, [, text]] of rules.entries()) {
    const hasty = text
      .replaceAll(/^( *)interval: .*$/gm, '$1interval: 5s')
      .replaceAll(/^( *)for: .*$/gm, '$1for: 30s')
    await writeFile(paths[place]!, hasty)
  }
  return paths
}
