export interface Instance {
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
  /** What the list of a probe's failed steps shows. */
  readonly failures?: string
}

const FAILURES = /\{\{ range \$place, \$failure := printf .*?none of late\{\{ end \}\}/
const LABEL = /\{\{ \$labels\.(\w+) \}\}/g
const VALUE = /\{\{ \$value \| (\w+) \}\}/g

/**
 * What Prometheus makes of the few forms of template that the rules use, so that a case states labels and value and
 * promtool compares the whole text. Throws where a template asks for a label that the alert lacks.
 */
export function expandTemplate(text: string, { labels, value, failures }: Instance): string {
  const expanded = text
    .replace(FAILURES, failures ?? 'none of late')
    .replace(LABEL, (_, name: string) => {
      const label = labels[name]
      if (label === undefined) throw new Error(`no label ${name} for ${text}`)
      return label
    })
    .replace(VALUE, (_, format: string) => formatted(format, value))
  if (expanded.includes('{{')) throw new Error(`a form of template that is not known here: ${text}`)
  return expanded
}

function formatted(format: string, value: number): string {
  if (format === 'humanize') return humanize(value)
  if (format === 'humanizePercentage') return `${fourDigits(value * 100)}%`
  if (format === 'humanizeDuration') return humanizeDuration(value)
  throw new Error(`no such format here: ${format}`)
}

/** As Go writes `%.4g` of what is neither tiny nor huge. */
function fourDigits(value: number): string {
  return String(Number(value.toPrecision(4)))
}

function humanize(value: number): string {
  const size = Math.abs(value)
  if (size >= 1 || size === 0) return scaled(value, ['', 'k', 'M', 'G'], 1 / 1000, (rest) => rest < 1000)
  return scaled(value, ['', 'm', 'u', 'n'], 1000, (rest) => rest >= 1)
}

function scaled(
  value: number,
  prefixes: readonly string[],
  factor: number,
  fits: (size: number) => boolean,
): string {
  let rest = value
  for (const prefix of prefixes) {
    if (fits(Math.abs(rest))) return fourDigits(rest) + prefix
    rest *= factor
  }
  throw new RangeError(`not a value for a case: ${value}`)
}

function humanizeDuration(value: number): string {
  if (value === 0) return '0s'
  if (Math.abs(value) < 1) return `${humanize(value)}s`
  if (Math.abs(value) < 60) return `${fourDigits(value)}s`
  const whole = Math.trunc(Math.abs(value))
  const parts = [
    [Math.floor(whole / 86_400), 'd'],
    [Math.floor(whole / 3600) % 24, 'h'],
    [Math.floor(whole / 60) % 60, 'm'],
    [whole % 60, 's'],
  ] as const
  const first = parts.findIndex(([amount]) => amount > 0)
  const text = parts.slice(first).map(([amount, unit]) => `${amount}${unit}`)
  return (value < 0 ? '-' : '') + text.join(' ')
}
