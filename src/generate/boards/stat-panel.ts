import {
  BigValueColorMode,
  BigValueGraphMode,
  BigValueTextMode,
  ReduceDataOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common'
import {
  MappingType,
  type Panel,
  SpecialValueMatch,
  type ValueMapping,
} from '@grafana/grafana-foundation-sdk/dashboard'
import { PanelBuilder } from '@grafana/grafana-foundation-sdk/stat'
import { colours } from './palette.ts'
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
export function statPanel({ width = 4, shows = 'value', mappings = [], ...spec }: StatSpec): Panel {
  const all = [...mappings, nothing(spec.noValue)]
  return describePanel(new PanelBuilder(), { ...spec, mappings: all, width, height: 4 })
    .colorMode(BigValueColorMode.Background)
    .graphMode(BigValueGraphMode.None)
    .textMode(shows === 'name' ? BigValueTextMode.Name : BigValueTextMode.Auto)
    .reduceOptions(new ReduceDataOptionsBuilder().calcs(['lastNotNull']))
    .build()
}

/** Without it nothing would have the colour of the first step, as if it were the worst or the best of values. */
function nothing(text: string): ValueMapping {
  const result = { text, color: colours.absent }
  return { type: MappingType.SpecialValue, options: { match: SpecialValueMatch.NullAndNan, result } }
}
