import { parser } from '@prometheus-io/lezer-promql'
import { parse, stringify } from 'yaml'
import { z } from 'zod'

const UNIT_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const
const PART = /(\d+)(ms|[smhdw])/y

/**
 * A length of time as Prometheus writes it (`6d23h30m`), `factor` times shorter, to the millisecond.
 * @throws {RangeError} not a length of time
 */
export function scaleDuration(text: string, factor: number): string {
  let total = 0
  PART.lastIndex = 0
  while (PART.lastIndex < text.length) {
    const [, amount = '', unit = ''] = PART.exec(text) ?? []
    if (!isUnit(unit)) throw new RangeError(`Not a length of time: ${text}`)
    total += Number(amount) * UNIT_MS[unit]
  }
  const shorter = Math.round(total / factor)
  return shorter % 1_000 === 0 ? `${shorter / 1_000}s` : `${shorter}ms`
}

function isUnit(unit: string): unit is keyof typeof UNIT_MS {
  return unit in UNIT_MS
}

/**
 * From here on a number beside a rate, or one that an age is compared with, is a length of time: five minutes. Below,
 * it is a multiple, or the minute of grace that a busy machine needs at any speed.
 */
const SHORTEST_SECONDS = 300

interface Edit {
  readonly from: number
  readonly to: number
  readonly text: string
}

/**
 * A PromQL expression in a world whose time runs `factor` times faster: ranges and offsets are shorter, and so are
 * seconds that stand as numbers, beside `*` (a rate becomes a count) and in comparisons with `time()`. Counts, shares
 * and what the exported numbers themselves are compared with stay.
 */
export function scaleExpression(expr: string, factor: number): string {
  const edits: Edit[] = []
  /** One for each open node: whether it is a comparison that mentions `time()`. */
  const ages: boolean[] = []
  parser.parse(expr).iterate({
    enter({ name, from, to, node }) {
      const text = expr.slice(from, to)
      ages.push(name === 'BinaryExpr' && isComparedAge(text, node.getChild('And') !== null))
      if (name === 'NumberDurationLiteralInDurationContext') {
        edits.push({ from, to, text: scaleDuration(text, factor) })
      } else if (name === 'NumberDurationLiteral') {
        const isWindow = node.parent?.getChild('Mul') != null && Number(text) >= SHORTEST_SECONDS
        const isAge = ages.includes(true) && Number(text) >= SHORTEST_SECONDS
        if (isWindow || isAge) edits.push({ from, to, text: String(Number(text) / factor) })
      }
    },
    leave() {
      ages.pop()
    },
  })
  return edits.reduceRight(
    (scaled, { from, to, text }) => scaled.slice(0, from) + text + scaled.slice(to),
    expr,
  )
}

function isComparedAge(text: string, isLogical: boolean): boolean {
  return !isLogical && text.startsWith('time()') && text.includes('>')
}

const rule = z.looseObject({
  expr: z.string(),
  for: z.string().optional(),
  keep_firing_for: z.string().optional(),
})
const ruleFile = z.object({
  groups: z.array(z.looseObject({ interval: z.string().optional(), rules: z.array(rule) })),
})

/** A rule file's text with every length of time in it shorter. Its annotations stay as they are. */
export function scaleRules(text: string, factor: number): string {
  const shorter = <K extends string>(key: K, value: string | undefined) =>
    value === undefined ? {} : { [key]: scaleDuration(value, factor) }
  const groups = ruleFile.parse(parse(text)).groups.map((group) => ({
    ...group,
    ...shorter('interval', group.interval),
    rules: group.rules.map((each) => ({
      ...each,
      expr: scaleExpression(each.expr, factor),
      ...shorter('for', each.for),
      ...shorter('keep_firing_for', each.keep_firing_for),
    })),
  }))
  return stringify({ groups })
}
