import {
  FieldTextAlignment,
  TableCellBackgroundDisplayMode,
  TableCellDisplayMode,
} from '@grafana/grafana-foundation-sdk/common'
import {
  MappingType,
  type Panel,
  SpecialValueMatch,
  type ValueMapping,
} from '@grafana/grafana-foundation-sdk/dashboard'
import { PanelBuilder } from '@grafana/grafana-foundation-sdk/table'
import type { AlertPolicy } from '../../catalogue/alert-policy.ts'
import type { Check } from '../../catalogue/check.ts'
import { stateCode, stateWords } from './check-state.ts'
import { describePanel } from './panel.ts'
import { anyOf, JOB } from './selectors.ts'
import { timelinePanel } from './timeline-panel.ts'

/** Every probe on every server at a glance, and what had trouble when. */
export function probeMatrix(probes: readonly Check[], policy: AlertPolicy): readonly Panel[] {
  const chosen = `${JOB},check=~"${anyOf(probes)}",target=~"$server"`
  const state = `label_replace(${stateCode({ by: 'check, target', matchers: chosen })}, "probe", "$1", "check", "(.+)")`
  return [
    matrix(`max by (probe, target) (${state})`, policy),
    timelinePanel({
      title: 'Probes that had trouble',
      description: 'When which probe failed or could not look in the chosen time; the others are left out.',
      unit: 'none',
      noValue: 'no probe had trouble in this time',
      width: 12,
      height: 20,
      mappings: [stateWords],
      queries: [
        {
          expr: `${stateCode({ by: 'check, target', matchers: chosen })}\nand on (check, target) max_over_time(authwatch_check_state{state=~"error|fail",${chosen}}[$__range]) > 0`,
          legend: '{{target}} {{check}}',
        },
      ],
    }),
  ]
}

/** A probe of one server says nothing of the fleet, and the other way round. */
const notApplicable: ValueMapping = {
  type: MappingType.SpecialValue,
  options: { match: SpecialValueMatch.NullAndNan, result: { text: '–', color: 'transparent' } },
}

/** Columns are made by the data, so what all cells have is the panel's own. */
function matrix(expr: string, { runbookUrl }: AlertPolicy): Panel {
  return describePanel(new PanelBuilder(), {
    title: 'Probes by server',
    description: `A row of one colour is a fault of all servers, a single cell one of that server. fleet: all servers are looked at together. What each probe means: ${runbookUrl}`,
    unit: 'none',
    noValue: '–',
    width: 12,
    height: 20,
    mappings: [stateWords, notApplicable],
    queries: [{ expr, instant: true, format: 'table' }],
  })
    .transformations([
      {
        id: 'groupingToMatrix',
        options: { columnField: 'target', rowField: 'probe', valueField: 'Value', emptyValue: 'null' },
      },
    ])
    .cellOptions({ type: TableCellDisplayMode.ColorBackground, mode: TableCellBackgroundDisplayMode.Basic })
    .align(FieldTextAlignment.Center)
    .overrideByName('probe\\target', [
      { id: 'displayName', value: 'Probe' },
      { id: 'custom.cellOptions', value: { type: 'auto' } },
      { id: 'custom.align', value: 'left' },
      { id: 'custom.width', value: 260 },
    ])
    .build()
}
