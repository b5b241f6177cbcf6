import type { ExpositionFormat } from '../../src/metrics/exposition.ts'

export interface ParsedSample {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}
export interface ParsedFamily {
  readonly type: string
  readonly help: string
  readonly samples: readonly ParsedSample[]
}

const NAME = '[a-zA-Z_:][a-zA-Z0-9_:]*'
const LABEL = '[a-zA-Z_][a-zA-Z0-9_]*'
const SAMPLE = new RegExp(`^(${NAME})(?:\\{(.+)\\})? (\\S+)$`, 's')
const PAIR = new RegExp(`(${LABEL})="((?:[^"\\\\\\n]|\\\\[\\\\n"])*)"(,|$)`, 'y')
const NUMBER = /^(NaN|[+-]Inf|-?(\d+(\.\d+)?)([eE][+-]?\d+)?)$/

/** Reads an exposition more strictly than Prometheus does, and throws at the first thing that is not as specified. */
export function parseExposition(text: string, format: ExpositionFormat): ReadonlyMap<string, ParsedFamily> {
  if (text !== '' && !text.endsWith('\n')) throw new Error('no newline at the end')
  const lines = text.split('\n').slice(0, -1)
  if (format === 'openmetrics' && lines.pop() !== '# EOF') throw new Error('no # EOF at the end')
  const families = new Map<string, { type: string; help: string; samples: ParsedSample[] }>()
  const seen = new Set<string>()
  let open = ''
  for (const [index, line] of lines.entries()) {
    const [, kind, title = '', rest = ''] = /^# (HELP|TYPE) (\S+) (.*)$/s.exec(line) ?? []
    if (kind === 'HELP') {
      if (families.has(title)) throw new Error(`${title} stands twice`)
      const type = new RegExp(`^# TYPE ${title} (gauge|counter|histogram)$`).exec(lines[index + 1] ?? '')?.[1]
      if (type === undefined) throw new Error(`no type after the help of ${title}`)
      families.set(title, { type, help: unescapeText(rest, format === 'text' ? 'n\\' : 'n\\"'), samples: [] })
      open = title
    } else if (kind === undefined) {
      const sample = parseSample(line)
      const family = families.get(open)
      if (family === undefined) throw new Error(`sample before any family: ${line}`)
      if (!sampleNames(open, family.type, format).includes(sample.name))
        throw new Error(`not of ${open}: ${line}`)
      const key = JSON.stringify([sample.name, Object.entries(sample.labels).sort()])
      if (seen.has(key)) throw new Error(`twice: ${line}`)
      seen.add(key)
      family.samples.push(sample)
    }
  }
  return families
}

function sampleNames(family: string, type: string, format: ExpositionFormat): readonly string[] {
  if (type === 'histogram') return [`${family}_bucket`, `${family}_sum`, `${family}_count`]
  if (type === 'gauge') return [family]
  return format === 'openmetrics' ? [`${family}_total`] : family.endsWith('_total') ? [family] : []
}

function parseSample(line: string): ParsedSample {
  const [, name = '', pairs = '', number = ''] = SAMPLE.exec(line) ?? []
  if (name === '' || !NUMBER.test(number)) throw new Error(`no sample: ${line}`)
  const labels: Record<string, string> = {}
  PAIR.lastIndex = 0
  while (PAIR.lastIndex < pairs.length) {
    const [, label = '', value = ''] = PAIR.exec(pairs) ?? []
    if (label === '' || label in labels) throw new Error(`bad labels: ${line}`)
    labels[label] = unescapeText(value, 'n\\"')
  }
  return { name, labels, value: Number(number.replace('Inf', 'Infinity')) }
}

function unescapeText(text: string, allowed: string): string {
  return text.replace(/\\(.?)/gs, (_, character: string) => {
    if (character === '' || !allowed.includes(character)) throw new Error(`bad escape: \\${character}`)
    return character === 'n' ? '\n' : character
  })
}
