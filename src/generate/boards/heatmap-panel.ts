import { HeatmapCellLayout, TooltipDisplayMode } from '@grafana/grafana-foundation-sdk/common'
import type { Panel } from '@grafana/grafana-foundation-sdk/dashboard'
import {
  HeatmapColorMode,
  HeatmapColorOptionsBuilder,
  HeatmapTooltipBuilder,
  PanelBuilder,
  RowsHeatmapOptionsBuilder,
  YAxisConfigBuilder,
} from '@grafana/grafana-foundation-sdk/heatmap'
import { describePanel, type PanelSpec } from './panel.ts'

/** How often which duration occurred: the buckets of a histogram over time. */
export function heatmapPanel(spec: PanelSpec): Panel {
  const colours = new HeatmapColorOptionsBuilder()
    .mode(HeatmapColorMode.Scheme)
    .scheme('Oranges')
    .fill('dark-orange')
    .exponent(0.5)
    .steps(64)
    .reverse(false)
  return describePanel(new PanelBuilder(), spec)
    .calculate(false)
    .color(colours)
    .rowsFrame(new RowsHeatmapOptionsBuilder().layout(HeatmapCellLayout.Auto))
    .yAxis(new YAxisConfigBuilder().unit(spec.unit))
    .tooltip(new HeatmapTooltipBuilder().mode(TooltipDisplayMode.Single))
    .build()
}
