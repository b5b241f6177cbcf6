import type { Builder, Dataquery } from '@grafana/grafana-foundation-sdk/cog'
import type { DataSourceRef } from '@grafana/grafana-foundation-sdk/common'
import {
  type DashboardLink,
  DashboardLinkBuilder,
  DashboardLinkType,
  type Panel,
  type Threshold,
  type ThresholdsConfig,
  ThresholdsConfigBuilder,
  ThresholdsMode,
  type ValueMapping,
} from '@grafana/grafana-foundation-sdk/dashboard'
import { colours } from './palette.ts'
import { dataSource, type Query, toTarget } from './query.ts'

export interface Link {
  readonly title: string
  readonly url: string
}

/** What every panel says about itself: nothing of it may be left out. */
export interface PanelSpec {
  readonly title: string
  /** What it shows, what is wrong there, and where to go on; a reader sees it beside the title. */
  readonly description: string
  /** Grafana's id of a unit; `none` for what is no quantity. */
  readonly unit: string
  /** What stands there when there is no data: never an empty panel. */
  readonly noValue: string
  readonly queries: readonly [Query, ...Query[]]
  /** Columns of 24. */
  readonly width: number
  /** Rows of 30 pixels. */
  readonly height: number
  readonly links?: readonly Link[]
  readonly decimals?: number
  readonly min?: number
  readonly max?: number
  readonly mappings?: readonly ValueMapping[]
  /** Where the colour changes. Absent: nothing on it is good or bad. */
  readonly steps?: readonly Step[]
  /** Name of a variable for each of whose values there is one. */
  readonly repeat?: string
}

export interface Step {
  /** From this value on; the first step has none. */
  readonly from?: number
  readonly colour: string
}

/** The part of the library's builders that all kinds of panels have. */
interface AnyPanelBuilder extends Builder<Panel> {
  title(title: string): this
  description(description: string): this
  unit(unit: string): this
  noValue(text: string): this
  datasource(source: DataSourceRef): this
  targets(targets: Builder<Dataquery>[]): this
  span(width: number): this
  height(height: number): this
  links(links: Builder<DashboardLink>[]): this
  thresholds(thresholds: Builder<ThresholdsConfig>): this
  mappings(mappings: ValueMapping[]): this
  decimals(decimals: number): this
  min(min: number): this
  max(max: number): this
  repeat(variable: string): this
}

/** Puts what all panels have into the builder of one. */
export function describePanel<B extends AnyPanelBuilder>(builder: B, spec: PanelSpec): B {
  const { links = [], mappings = [], steps = [{ colour: colours.absent }], repeat } = spec
  builder
    .title(spec.title)
    .description(spec.description)
    .unit(spec.unit)
    .noValue(spec.noValue)
    .datasource(dataSource)
    .targets(spec.queries.map(toTarget))
    .span(spec.width)
    .height(spec.height)
    .thresholds(toThresholds(steps))
  if (links.length > 0) builder.links(links.map(toLink))
  if (mappings.length > 0) builder.mappings([...mappings])
  if (spec.decimals !== undefined) builder.decimals(spec.decimals)
  if (spec.min !== undefined) builder.min(spec.min)
  if (spec.max !== undefined) builder.max(spec.max)
  if (repeat !== undefined) builder.repeat(repeat)
  return builder
}

export function toLink({ title, url }: Link): DashboardLinkBuilder {
  return new DashboardLinkBuilder(title).type(DashboardLinkType.Link).url(url)
}

function toThresholds(steps: readonly Step[]): ThresholdsConfigBuilder {
  const all = steps.map(({ from, colour }): Threshold => ({ value: from ?? null, color: colour }))
  return new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps(all)
}
