import {
  type DataTransformerConfig,
  type DynamicConfigValue,
  MappingType,
  type Panel,
  type ValueMapping,
} from '@grafana/grafana-foundation-sdk/dashboard'
import { PanelBuilder } from '@grafana/grafana-foundation-sdk/table'
import { describePanel, type Link, type PanelSpec, type Step } from './panel.ts'
import { refId } from './query.ts'

/** A column of a table: a label of its series, or the value of one of its queries. */
export interface Column {
  readonly title: string
  readonly of: { readonly label: string } | { readonly query: number }
  readonly unit?: string
  readonly decimals?: number
  readonly mappings?: readonly ValueMapping[]
  /** Colours the cell. */
  readonly steps?: readonly Step[]
  readonly coloured?: boolean
  readonly link?: Link
  /** There for a link alone. */
  readonly hidden?: boolean
  /** Pixels. */
  readonly width?: number
}

export interface TableSpec extends PanelSpec {
  readonly columns: readonly Column[]
  /** Between the joining of the queries' rows and the naming of the columns. */
  readonly transformations?: readonly DataTransformerConfig[]
}

/** Rows of all queries with the same labels become one row; columns stand in their order, others are left out. */
export function tablePanel({ columns, transformations = [], ...spec }: TableSpec): Panel {
  const builder = describePanel(new PanelBuilder(), spec)
    .filterable(true)
    .transformations([
      { id: 'merge', options: {} },
      ...transformations,
      { id: 'filterFieldsByName', options: { include: { names: columns.map(sourceIn(spec)) } } },
      {
        id: 'organize',
        options: {
          excludeByName: {},
          indexByName: Object.fromEntries(columns.map((column, place) => [sourceIn(spec)(column), place])),
          renameByName: Object.fromEntries(columns.map((column) => [sourceIn(spec)(column), column.title])),
        },
      },
    ])
  for (const column of columns) {
    const properties = propertiesOf(column)
    if (properties.length > 0) builder.overrideByName(column.title, properties)
  }
  return builder.build()
}

/** Grafana names the value of a query after it where there are several. */
function sourceIn({ queries }: Pick<PanelSpec, 'queries'>) {
  return ({ of }: Column): string => {
    if ('label' in of) return of.label
    return queries.length === 1 ? 'Value' : `Value #${refId(of.query)}`
  }
}

function propertiesOf(column: Column): DynamicConfigValue[] {
  const { unit, decimals, mappings, steps, coloured, link, hidden, width } = column
  const all: readonly (readonly [string, unknown])[] = [
    ['unit', unit],
    ['decimals', decimals],
    ['mappings', mappings],
    ['thresholds', steps && { mode: 'absolute', steps: steps.map(toStep) }],
    ['custom.cellOptions', coloured === true ? { type: 'color-background', mode: 'basic' } : undefined],
    ['links', link && [link]],
    ['custom.hidden', hidden],
    ['custom.width', width],
  ]
  return all.filter(([, value]) => value !== undefined).map(([id, value]) => ({ id, value }))
}

const toStep = ({ from, colour }: Step) => ({ value: from ?? null, color: colour })

/** Values that stand for words. */
export function words(
  meaning: Readonly<Record<string, { readonly text: string; readonly colour: string }>>,
): ValueMapping {
  const options = Object.entries(meaning).map(([value, { text, colour }], index) => [
    value,
    { text, color: colour, index },
  ])
  return { type: MappingType.ValueToText, options: Object.fromEntries(options) }
}
