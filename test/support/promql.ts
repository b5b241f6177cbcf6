import type { SyntaxNode } from '@lezer/common'
import { parser } from '@prometheus-io/lezer-promql'

export interface Matcher {
  readonly label: string
  readonly operator: string
  readonly value: string
}

/** Series that an expression reads. */
export interface ReadSeries {
  /** Empty where it is asked for by matchers alone. */
  readonly metric: string
  readonly matchers: readonly Matcher[]
  /** As in `[5m]`; undefined for an instant. */
  readonly range: string | undefined
  /** Functions and aggregations around it, the nearest first. */
  readonly within: readonly string[]
}

export interface ParsedPromql {
  /** Texts that are no PromQL. */
  readonly errors: readonly string[]
  readonly reads: readonly ReadSeries[]
  /** Labels of every `by`, `without`, `on` and `ignoring`. */
  readonly groupings: readonly string[]
}

/** Reads an expression by Prometheus' own grammar. Types are not checked: only a Prometheus knows them. */
export function parsePromql(expr: string): ParsedPromql {
  const errors: string[] = []
  const reads: ReadSeries[] = []
  const groupings: string[] = []
  const text = ({ from, to }: { readonly from: number; readonly to: number }) => expr.slice(from, to)
  parser.parse(expr).iterate({
    enter: ({ type, node }) => {
      if (type.isError) errors.push(text({ from: Math.max(0, node.from - 20), to: node.to + 20 }))
      if (type.name === 'GroupingLabels') groupings.push(...node.getChildren('LabelName').map(text))
      if (type.name === 'VectorSelector') reads.push(toRead(node, text))
    },
  })
  return { errors, reads, groupings }
}

function toRead(node: SyntaxNode, text: (node: SyntaxNode) => string): ReadSeries {
  const matchers = node.getChild('LabelMatchers')?.getChildren('UnquotedLabelMatcher') ?? []
  const name = node.getChild('Identifier')
  const range = node.parent?.name === 'MatrixSelector' ? node.parent.getChild('DurationExpr') : null
  return {
    metric: name === null ? '' : text(name),
    matchers: matchers.map((matcher) => toMatcher(matcher, text)),
    range: range === null ? undefined : text(range),
    within: around(node, text),
  }
}

function toMatcher(node: SyntaxNode, text: (node: SyntaxNode) => string): Matcher {
  const part = (name: string) => {
    const child = node.getChild(name)
    return child === null ? '' : text(child)
  }
  return { label: part('LabelName'), operator: part('MatchOp'), value: part('StringLiteral').slice(1, -1) }
}

function around(node: SyntaxNode, text: (node: SyntaxNode) => string): readonly string[] {
  const found: string[] = []
  for (let parent = node.parent; parent !== null; parent = parent.parent) {
    const name = parent.getChild('FunctionIdentifier') ?? parent.getChild('AggregateOp')
    if (name !== null) found.push(text(name))
  }
  return found
}
