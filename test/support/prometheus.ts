import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { z } from 'zod'
import { freePort } from '../../src/embedded/free-port.ts'
import { binary } from './binaries.ts'
import { type CommandOutput, commandOutput } from './command-output.ts'
import { type ServerProcess, startServerProcess } from './server-process.ts'

const PROMTOOL_TIMEOUT_MS = 60_000
const REQUEST_TIMEOUT_MS = 5_000

export interface Sample {
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

/** A real Prometheus on a loopback port of its own. */
export interface TestPrometheus extends AsyncDisposable {
  readonly url: string
  readonly server: ServerProcess
  /** The instant value of a PromQL expression: a sample a series; a scalar is one sample without labels. */
  query(expr: string): Promise<Sample[]>
  /** Any GET of its HTTP API, such as `/api/v1/rules`; the `data` of the answer, unparsed. */
  api(path: string): Promise<unknown>
}

const envelope = z.object({ status: z.literal('success'), data: z.unknown() })
const point = z.tuple([z.number(), z.string()])
const queryData = z.discriminatedUnion('resultType', [
  z.object({
    resultType: z.literal('vector'),
    result: z.array(z.object({ metric: z.record(z.string(), z.string()), value: point })),
  }),
  z.object({ resultType: z.literal('scalar'), result: point }),
])

/** Runs promtool to its end and answers with its exit code and what it printed. */
export async function promtool(
  args: readonly string[],
  options?: { readonly stdin?: string; readonly cwd?: string },
): Promise<CommandOutput> {
  return await commandOutput({
    command: await binary('promtool'),
    args,
    timeoutMs: PROMTOOL_TIMEOUT_MS,
    ...options,
  })
}

/** `promtool check metrics` over an exposition: 0 is good, 1 cannot be parsed, 3 breaks a naming rule. */
export async function promtoolCheckMetrics(text: string): Promise<CommandOutput> {
  return await promtool(['check', 'metrics'], { stdin: text })
}

/**
 * Target discovery is throttled in Prometheus itself, so the first sample arrives 5 to 6 s after the start, however
 * short the interval.
 * @param options.scrape targets as `host:port`.
 * @param options.ruleFiles absolute paths.
 * @param options.scrapeInterval as Prometheus writes it; also the interval of evaluation. Default `1s`.
 * @param options.scrapeItself adds the job `prometheus`, as in most installations.
 * @param options.dataDirectory holds blocks made beforehand; else an empty one is made, and removed at the end.
 * @param options.lookback how long a sample stands for the present; Prometheus' own default is `5m`.
 * @param options.resendDelay how often what fires is told again; four times that without a word ends it. Default `1s`.
 * @throws {BinaryMissingError | ServerNotReadyError}
 */
export async function startPrometheus(options: {
  readonly scrape: readonly {
    readonly job: string
    readonly targets: readonly string[]
    /** Settings of the scrape configuration beside these, such as `basic_auth`. */
    readonly settings?: Readonly<Record<string, unknown>>
  }[]
  readonly ruleFiles?: readonly string[]
  readonly scrapeInterval?: string
  readonly alertmanagers?: readonly string[]
  readonly scrapeItself?: boolean
  readonly dataDirectory?: string
  readonly lookback?: string
  readonly resendDelay?: string
}): Promise<TestPrometheus> {
  const command = await binary('prometheus')
  const directory = await mkdtemp(join(tmpdir(), 'authwatch-prometheus-'))
  const removeDirectory = () => rm(directory, { recursive: true, force: true })
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const configFile = join(directory, 'prometheus.yml')
  const itself = { job: 'prometheus', targets: [`127.0.0.1:${port}`] }
  const scrape = options.scrapeItself === true ? [...options.scrape, itself] : options.scrape
  await writeFile(configFile, stringify(configuration({ ...options, scrape })))
  const server = await startServerProcess({
    command,
    args: [
      `--config.file=${configFile}`,
      `--storage.tsdb.path=${options.dataDirectory ?? join(directory, 'data')}`,
      '--storage.tsdb.retention.time=60d',
      `--web.listen-address=127.0.0.1:${port}`,
      '--web.enable-lifecycle',
      `--rules.alert.resend-delay=${options.resendDelay ?? '1s'}`,
      ...(options.lookback === undefined ? [] : [`--query.lookback-delta=${options.lookback}`]),
      '--log.level=warn',
    ],
    cwd: directory,
    ready: async () => (await get(`${url}/-/ready`)).ok,
  }).catch(async (cause: unknown) => {
    await removeDirectory()
    throw cause
  })
  const api = async (path: string) => envelope.parse(await (await get(url + path)).json()).data
  return {
    url,
    server,
    api,
    query: async (expr) => samples(await api(`/api/v1/query?query=${encodeURIComponent(expr)}`)),
    async [Symbol.asyncDispose]() {
      await server.stop()
      await removeDirectory()
    },
  }
}

function configuration(options: Parameters<typeof startPrometheus>[0]): unknown {
  const interval = options.scrapeInterval ?? '1s'
  return {
    global: { scrape_interval: interval, scrape_timeout: interval, evaluation_interval: interval },
    rule_files: options.ruleFiles ?? [],
    alerting: { alertmanagers: [{ static_configs: [{ targets: options.alertmanagers ?? [] }] }] },
    scrape_configs: options.scrape.map(({ job, targets, settings }) => ({
      job_name: job,
      static_configs: [{ targets }],
      ...settings,
    })),
  }
}

function samples(data: unknown): Sample[] {
  const parsed = queryData.parse(data)
  if (parsed.resultType === 'scalar') return [{ labels: {}, value: toNumber(parsed.result[1]) }]
  return parsed.result.map(({ metric, value }) => ({ labels: metric, value: toNumber(value[1]) }))
}

/** Prometheus writes infinity as `+Inf` and `-Inf`, which JavaScript reads as not a number. */
function toNumber(text: string): number {
  return Number(text.replace('Inf', 'Infinity'))
}

async function get(url: string): Promise<Response> {
  return await fetch(url, { signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS) })
}
