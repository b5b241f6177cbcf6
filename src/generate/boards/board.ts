import {
  AnnotationQueryBuilder,
  type Dashboard,
  DashboardBuilder,
  DashboardCursorSync,
  DashboardLinkBuilder,
  DashboardLinkType,
  type Panel,
} from '@grafana/grafana-foundation-sdk/dashboard'
import { arrange } from './arrange.ts'
import { normalise } from './normalise.ts'
import { colours } from './palette.ts'
import { toLink } from './panel.ts'
import { dataSource } from './query.ts'
import { FIRING, JOB } from './selectors.ts'
import { dataSourceVariable, type VariableName, variable } from './variables.ts'

/** The boards, from the question that a person on call asks first to the last. */
export type BoardUid = 'authwatch-overview' | 'authwatch-checks' | 'authwatch-probes' | 'authwatch-worker'

export interface Section {
  /** Absent only for the first: what is seen before anything is scrolled. */
  readonly title?: string
  /** Its queries run when it is opened. */
  readonly collapsed?: boolean
  /** Name of a variable for each of whose values there is one such section. */
  readonly repeat?: string
  readonly panels: readonly Panel[]
}

export interface BoardSpec {
  readonly uid: BoardUid
  readonly title: string
  /** The one question that the board answers. */
  readonly description: string
  readonly runbookUrl: string
  readonly variables: readonly [VariableName, ...VariableName[]]
  readonly sections: readonly Section[]
}

const TAG = 'authwatch'

/** A board with what all have: data source, links to the others and to the runbook, marks for alerts and deploys. */
export function board(spec: BoardSpec): Dashboard {
  const built = new DashboardBuilder(spec.title)
    .uid(spec.uid)
    .description(spec.description)
    .tags([TAG])
    .readonly()
    .tooltip(DashboardCursorSync.Crosshair)
    .time({ from: 'now-6h', to: 'now' })
    .refresh('30s')
    .timezone('browser')
    .annotation(firing())
    .annotation(deploys())
    .link(
      new DashboardLinkBuilder('Boards')
        .type(DashboardLinkType.Dashboards)
        .tags([TAG])
        .asDropdown(false)
        .includeVars(true)
        .keepTime(true),
    )
    .link(toLink({ title: 'Runbook', url: spec.runbookUrl }).icon('doc').targetBlank(true))
    .build()
  const list = [dataSourceVariable(), ...spec.variables.map(variable)]
  return normalise({ ...built, templating: { list }, panels: arrange(spec.sections) })
}

function firing(): AnnotationQueryBuilder {
  return new AnnotationQueryBuilder()
    .name('Firing alerts')
    .datasource(dataSource)
    .enable(true)
    .iconColor(colours.bad)
    .expr(FIRING)
    .step('1m')
    .titleFormat('{{alertname}}')
    .textFormat('{{severity}} {{target}}{{server}}')
    .tagKeys('alertname,severity')
}

/** A version that was not there five minutes before. */
function deploys(): AnnotationQueryBuilder {
  const versions = `count by (job, version) (authwatch_build_info{${JOB}})`
  return new AnnotationQueryBuilder()
    .name('Deploys of authwatch')
    .datasource(dataSource)
    .enable(true)
    .iconColor(colours.notice)
    .expr(`${versions} unless count by (job, version) (authwatch_build_info{${JOB}} offset 5m)`)
    .step('1m')
    .titleFormat('authwatch {{version}}')
    .textFormat('A new version runs as {{job}}.')
    .tagKeys('version')
}

/** A panel's way to another board, with what the reader chose. */
export function boardUrl(uid: BoardUid): string {
  return `/d/${uid}?\${datasource:queryparam}&\${job:queryparam}&\${__url_time_range}`
}
