import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { type Document, isMap, isScalar, LineCounter, parseDocument } from 'yaml'
import type { ConfigProblem } from './config-error.ts'

/** The configuration file as it was written, before anything in it is believed. */
export interface Source {
  readonly path: string | null
  readonly value: unknown
  /** `file:line` of a key. */
  where(path: readonly PropertyKey[]): string
}

const DEFAULT_FILE = 'authwatch.yaml'

export interface SourceOptions {
  readonly cwd: string
  /** Path somebody named; that file must exist. Otherwise the default file is read if it is there. */
  readonly named: string | undefined
}

/** Reads and parses the file. Faults are added to `problems`. */
export function readSource({ cwd, named }: SourceOptions, problems: ConfigProblem[]): Source {
  const file = resolve(cwd, named ?? DEFAULT_FILE)
  if (named === undefined && !existsSync(file)) return { path: null, value: {}, where: () => 'environment' }
  let text = ''
  try {
    text = readFileSync(file, 'utf8')
  } catch (cause) {
    const why = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unreadable'
    problems.push({ where: file, path: '', message: `cannot be read (${why})` })
  }
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true })
  for (const error of document.errors) {
    const { line } = lines.linePos(error.pos[0])
    problems.push({ where: `${file}:${line}`, path: '', message: error.message.split('\n')[0] ?? 'not YAML' })
  }
  const where = (keys: readonly PropertyKey[]): string => {
    for (let depth = keys.length; depth > 0; depth--) {
      const key = keys[depth - 1]
      const parent = depth === 1 ? document.contents : document.getIn(keys.slice(0, depth - 1), true)
      const pair = isMap(parent)
        ? parent.items.find(({ key: each }) => isScalar(each) && each.value === key)?.key
        : document.getIn(keys.slice(0, depth), true)
      const range = rangeOf(pair)
      if (range !== undefined) return `${file}:${lines.linePos(range).line}`
    }
    return file
  }
  const value = document.errors.length > 0 ? {} : toValue(document, file, problems)
  return { path: file, value: value ?? {}, where }
}

/** What aliases come to is known only now. */
function toValue(document: Document, file: string, problems: ConfigProblem[]): unknown {
  try {
    return document.toJS()
  } catch {
    problems.push({ where: file, path: '', message: 'an alias (*) has no anchor (&), or there are too many' })
    return {}
  }
}

function rangeOf(node: unknown): number | undefined {
  if (typeof node !== 'object' || node === null || !('range' in node) || !Array.isArray(node.range))
    return undefined
  return typeof node.range[0] === 'number' ? node.range[0] : undefined
}
