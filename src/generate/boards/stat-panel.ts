import {
  BigValueColorMode,
  BigValueGraphMode,
  BigValueTextMode,
  ReduceDataOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common'
import type { Panel } from '@grafana/grafana-foundation-sdk/dashboard'
import { PanelBuilder } from '@grafana/grafana-foundation-sdk/stat'
import { describePanel, type PanelSpec, type Step } from './panel.ts'

export interface StatSpec extends Omit<PanelSpec, 'height' | 'width'> {
  /** Default: 4, six beside each other. */
  readonly width?: number
  /** Coloured by what is good and bad. */
  readonly steps: readonly Step[]
  /** `name`: the labels of the series, not their value. */
  readonly shows?: 'value' | 'name'
}

/** One number that is judged, on its colour. */
export function statPanel({ width = 4, shows = 'value', ...spec }: StatSpec): Panel {
  return describePanel(new PanelBuilder(), { ...spec, width, height: 4 })
    .colorMode(BigValueColorMode.Background)
    .graphMode(BigValueGraphMode.None)
    .textMode(shows === 'name' ? BigValueTextMode.Name : BigValueTextMode.Auto)
    .reduceOptions(new ReduceDataOptionsBuilder().calcs(['lastNotNull']))
    .build()
}
