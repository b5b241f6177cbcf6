export interface Selector {
  readonly metric: string
  readonly matchers: readonly { readonly label: string; readonly operator: string; readonly value: string }[]
  /** The function right around it, such as `rate`; empty when there is none. */
  readonly within: string
}

const TOKEN = /"(?:[^"\\]|\\.)*"|\[[^\]]*\]|\{[^}]*\}|[a-zA-Z_:][\w:]*|[\d.]+\w*|[^\s\w]/g
const MATCHER = /(\w+)\s*(=~|!~|!=|=)\s*"((?:[^"\\]|\\.)*)"/g
const GROUPING = new Set(['by', 'without', 'on', 'ignoring', 'group_left', 'group_right'])
const WORDS = new Set([...GROUPING, 'and', 'or', 'unless', 'offset', 'bool'])

/** The series that an expression reads. Enough of PromQL's grammar for rules that promtool has accepted. */
export function selectorsOf(expr: string): readonly Selector[] {
  const tokens = expr.match(TOKEN) ?? []
  const open: string[] = []
  const found: Selector[] = []
  for (const [place, token] of tokens.entries()) {
    const next = tokens[place + 1] ?? ''
    if (token === '(') open.push(functionBefore(tokens, place))
    else if (token === ')') open.pop()
    else if (/^[a-zA-Z_:]/.test(token) && !WORDS.has(token) && !isFunction(tokens, place)) {
      if (GROUPING.has(open.at(-1) ?? '') || tokens[place - 1] === 'offset') continue
      const matchers = next.startsWith('{') ? matchersOf(next) : []
      found.push({ metric: token, matchers, within: open.at(-1) ?? '' })
    }
  }
  return found
}

/** Every label that an expression names in a grouping: `by`, `on` and the like. */
export function groupingLabels(expr: string): readonly string[] {
  const groups = [...expr.matchAll(/\b(?:by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)/g)]
  return groups
    .flatMap(([, list = '']) => list.split(',').map((label) => label.trim()))
    .filter((label) => label !== '')
}

function isFunction(tokens: readonly string[], place: number): boolean {
  const next = tokens[place + 1] ?? ''
  // `max by (job) (x)`: an aggregation whose grouping comes first.
  return next === '(' || GROUPING.has(next)
}

function functionBefore(tokens: readonly string[], place: number): string {
  const before = tokens[place - 1] ?? ''
  return /^[a-zA-Z_]/.test(before) && !['and', 'or', 'unless'].includes(before) ? before : ''
}

function matchersOf(braces: string): Selector['matchers'] {
  return [...braces.matchAll(MATCHER)].map(([, label = '', operator = '', value = '']) => ({
    label,
    operator,
    value,
  }))
}
