import {
  GraphThresholdsStyleConfigBuilder,
  GraphThresholdsStyleMode,
  LegendDisplayMode,
  LegendPlacement,
  SortOrder,
  StackingConfigBuilder,
  StackingMode,
  TooltipDisplayMode,
  VisibilityMode,
  VizLegendOptionsBuilder,
  VizTooltipOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common'
import {
  type DynamicConfigValue,
  FieldColorBuilder,
  FieldColorModeId,
  type Panel,
} from '@grafana/grafana-foundation-sdk/dashboard'
import { PanelBuilder } from '@grafana/grafana-foundation-sdk/timeseries'
import { describePanel, type PanelSpec } from './panel.ts'

export interface SeriesSpec extends Omit<PanelSpec, 'height' | 'width'> {
  /** Default: 12, two beside each other. */
  readonly width?: number
  /** Default: 8. */
  readonly height?: number
  readonly stacked?: 'sum' | 'percent'
  /** Colours of series by their name; the others get colours by their name as well. */
  readonly colours?: Readonly<Record<string, string>>
  /** Names of series that are there to compare with: dashed and without area. */
  readonly compared?: readonly string[]
}

const STACKING = { sum: StackingMode.Normal, percent: StackingMode.Percent } as const

/** A course over time. Thresholds are drawn where there are any. */
export function seriesPanel({ width = 12, height = 8, stacked, ...spec }: SeriesSpec): Panel {
  const lines = spec.steps === undefined ? GraphThresholdsStyleMode.Off : GraphThresholdsStyleMode.Dashed
  const builder = describePanel(new PanelBuilder(), { ...spec, width, height })
    .colorScheme(new FieldColorBuilder().mode(FieldColorModeId.PaletteClassicByName))
    .lineWidth(1)
    .fillOpacity(stacked === undefined ? 8 : 60)
    .showPoints(VisibilityMode.Never)
    .legend(
      new VizLegendOptionsBuilder()
        .displayMode(LegendDisplayMode.List)
        .placement(LegendPlacement.Bottom)
        .showLegend(true)
        .calcs([]),
    )
    .tooltip(new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi).sort(SortOrder.Descending))
    .thresholdsStyle(new GraphThresholdsStyleConfigBuilder().mode(lines))
  if (stacked !== undefined) builder.stacking(new StackingConfigBuilder().mode(STACKING[stacked]).group('A'))
  // Counts, rates and shares begin at nothing; what can be below it says so itself.
  if (spec.min === undefined) builder.axisSoftMin(0)
  // Where all is nothing an axis would else end anywhere; where there are lines they are to be seen.
  if (spec.max === undefined && stacked === undefined) builder.axisSoftMax(softMax(spec))
  for (const [name, colour] of Object.entries(spec.colours ?? {}))
    builder.overrideByName(name, [fixed(colour)])
  for (const name of spec.compared ?? []) builder.overrideByName(name, DASHED)
  return builder.build()
}

function softMax({ steps = [], unit }: Pick<SeriesSpec, 'steps' | 'unit'>): number {
  const highest = Math.max(0, ...steps.map(({ from = 0 }) => from))
  return highest > 0 ? highest * 1.1 : (SMALLEST_AXIS[unit] ?? 1)
}

/** Of what is usually far below 1. */
const SMALLEST_AXIS: Readonly<Record<string, number>> = { percentunit: 0.05, s: 0.01, ops: 0.1, reqps: 0.1 }

function fixed(colour: string): DynamicConfigValue {
  return { id: 'color', value: { mode: 'fixed', fixedColor: colour } }
}

const DASHED: DynamicConfigValue[] = [
  { id: 'custom.lineStyle', value: { fill: 'dash', dash: [10, 10] } },
  { id: 'custom.fillOpacity', value: 0 },
]
