import { z } from 'zod'
import { type AlertPolicy, defaultAlertPolicy } from '../../src/catalogue/alert-policy.ts'
import type { Check } from '../../src/catalogue/check.ts'
import { catalogue } from '../../src/commands/catalogue.ts'
import { boardFiles } from '../../src/generate/board-files.ts'

const text = z.string()
const source = z.object({ type: z.literal('prometheus'), uid: text })
const link = z.object({ title: text, url: text.optional() })
const step = z.object({ value: z.number().nullable(), color: text })
const property = z.object({ id: text, value: z.unknown() })

const panel = z.object({
  id: z.number(),
  type: text,
  title: text,
  description: text.optional(),
  datasource: source.optional(),
  gridPos: z.object({ x: z.number(), y: z.number(), w: z.number(), h: z.number() }),
  links: z.array(link).default([]),
  repeat: text.optional(),
  collapsed: z.boolean().optional(),
  targets: z
    .array(
      z.object({
        refId: text,
        expr: text,
        datasource: source,
        instant: z.boolean(),
        range: z.boolean(),
        legendFormat: text,
        format: text.optional(),
      }),
    )
    .default([]),
  options: z.unknown().optional(),
  transformations: z.array(z.object({ id: text, options: z.unknown() })).default([]),
  fieldConfig: z
    .object({
      defaults: z.object({
        unit: text.optional(),
        decimals: z.number().optional(),
        min: z.number().optional(),
        max: z.number().optional(),
        noValue: text.optional(),
        mappings: z.array(z.unknown()).optional(),
        thresholds: z.object({ mode: text, steps: z.array(step) }),
        custom: z.unknown().optional(),
      }),
      overrides: z.array(
        z.object({ matcher: z.object({ id: text, options: text }), properties: z.array(property) }),
      ),
    })
    .optional(),
})
export type BoardPanel = z.infer<typeof panel>

const board = z.object({
  uid: text,
  title: text,
  description: text,
  editable: z.boolean(),
  tags: z.array(text),
  refresh: text,
  schemaVersion: z.number(),
  links: z.array(link),
  templating: z.object({
    list: z.array(
      z.object({
        name: text,
        label: text,
        type: text,
        multi: z.boolean().optional(),
        allValue: text.optional(),
        refresh: z.number().optional(),
        datasource: source.optional(),
        query: z.union([text, z.object({ query: text })]),
      }),
    ),
  }),
  annotations: z.object({ list: z.array(z.object({ name: text, expr: text, datasource: source })) }),
  panels: z.array(panel.extend({ panels: z.array(panel).default([]) })),
})
export type Board = z.infer<typeof board>

/** The boards as Grafana reads them. */
export async function readBoards(
  checks: readonly Check[] = catalogue,
  policy: AlertPolicy = defaultAlertPolicy,
): Promise<readonly Board[]> {
  const texts = Object.values(await boardFiles(checks, policy))
  return texts.map((each) => board.parse(JSON.parse(each)))
}

/** Panels that show something, those in closed rows too. */
export function panelsOf({ panels }: Board): readonly BoardPanel[] {
  return panels.flatMap((each) => [each, ...each.panels]).filter(({ type }) => type !== 'row')
}

/** With Grafana's own variables for times filled in, so that it is PromQL. */
export function asPromql(expr: string, values: { readonly rate: string; readonly range: string }): string {
  return expr.replaceAll('$__rate_interval', values.rate).replaceAll('$__range', values.range)
}
