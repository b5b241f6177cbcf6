import { DataqueryBuilder, PromQueryFormat } from '@grafana/grafana-foundation-sdk/prometheus'

/** What a panel asks. */
export interface Query {
  readonly expr: string
  /** Name of each series; labels stand in `{{ }}`. */
  readonly legend?: string
  /** One value instead of a course. Tables and stats over a range of their own need no more. */
  readonly instant?: boolean
  readonly format?: 'table' | 'heatmap'
}

const FORMATS = { table: PromQueryFormat.Table, heatmap: PromQueryFormat.Heatmap } as const

/** The data source that the reader of a board chooses. */
export const dataSource = { type: 'prometheus', uid: `\${datasource}` } as const

/** Queries are named A, B, C … in their order, as overrides and merged columns know them. */
export function refId(place: number): string {
  return String.fromCharCode('A'.charCodeAt(0) + place)
}

export function toTarget({ expr, legend, instant, format }: Query, place: number): DataqueryBuilder {
  const target = new DataqueryBuilder()
    .refId(refId(place))
    .datasource(dataSource)
    .expr(expr)
    .legendFormat(legend ?? '')
  if (format !== undefined) target.format(FORMATS[format])
  return instant === true ? target.instant() : target.range()
}
