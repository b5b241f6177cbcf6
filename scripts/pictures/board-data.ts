import { z } from 'zod'
import { asPromql, type Board, type BoardPanel } from '../../test/generate/board-files.ts'

export interface Answer {
  readonly refId: string
  readonly legend: string
  readonly format: string
  /** Milliseconds since the epoch, and values; one point each for what was asked for an instant. */
  readonly series: readonly {
    readonly labels: Readonly<Record<string, string>>
    readonly points: readonly (readonly [number, number])[]
  }[]
}

export interface Asking {
  /** `http://host:port` of the Prometheus. */
  readonly prometheus: string
  readonly from: Date
  readonly to: Date
  /** Values that a reader chose, by the name of the variable; of the others all. */
  readonly chosen?: Readonly<Record<string, string>>
}

const point = z.tuple([z.number(), z.string()])
const answer = z.object({
  data: z.object({
    result: z.array(
      z.object({
        metric: z.record(z.string(), z.string()),
        value: point.optional(),
        values: z.array(point).optional(),
      }),
    ),
  }),
})

const POINTS = 240
const TIMEOUT_MS = 20_000

/** What each panel of a board would be given by Grafana's data source; what is in closed rows is left out. */
export async function boardData(board: Board, asking: Asking) {
  return await Promise.all(
    board.panels.map(async (panel) => ({
      panel,
      answers: await Promise.all(panel.targets.map(ask(asking))),
    })),
  )
}

function ask({ prometheus, from, to, chosen = {} }: Asking) {
  const seconds = Math.round((to.getTime() - from.getTime()) / 1000)
  const step = Math.max(5, Math.round(seconds / POINTS))
  return async ({
    expr,
    refId,
    legendFormat,
    format,
    instant,
  }: BoardPanel['targets'][number]): Promise<Answer> => {
    const times = asPromql(expr, { rate: '1m', range: `${seconds}s` })
    const query = times.replaceAll(/\$([a-z]\w*)/g, (_, name: string) => chosen[name] ?? '.+')
    const at = instant
      ? { time: String(to.getTime() / 1000) }
      : { start: String(from.getTime() / 1000), end: String(to.getTime() / 1000), step: String(step) }
    const url = `${prometheus}/api/v1/${instant ? 'query' : 'query_range'}?${new URLSearchParams({ query, ...at })}`
    const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) })
    const { data } = answer.parse(await response.json())
    const series = data.result.map(({ metric, value, values = value === undefined ? [] : [value] }) => ({
      labels: metric,
      points: values.map(([time, text]) => [time * 1000, Number(text.replace('Inf', 'Infinity'))] as const),
    }))
    return { refId, legend: legendFormat, format: format ?? 'time_series', series }
  }
}
