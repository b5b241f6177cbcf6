import type { Watched } from './watched.ts'

/** What a page shows of one check on one target. */
export interface ShownRow extends Watched {
  /** The word of its verdict. */
  readonly verdict: string
  /** When it was last run, milliseconds since the epoch; absent: never, or it is not said in this place. */
  readonly lastRun?: number
  /** The same in words. */
  readonly age?: string
}

export interface ShownPage {
  /** The instant that all of it is of, milliseconds since the epoch. */
  readonly asOf: number
  /** The verdict at the top: the gravest below. */
  readonly top: string
  readonly rows: readonly ShownRow[]
}

const AS_OF = /<p class="quiet as-of">As of <time datetime="([^"]+)">/
const TOP = /<h1><span class="badge (\w+)">/
/** Of a check's own page. */
const CHECK = /<\/span> ([a-z_]+\.[a-z_]+)<\/h1>/
const ROW = /<tr role="row" id="(?:row-([a-z_]+\.[a-z_]+)|on)-([^"]+)">(.*?)<\/tr>/gs
const VERDICT = /<span class="badge (\w+)">/
const LOOKED = /data-label="Looked" class="time">\s*<time datetime="([^"]+)"[^>]*>([^<]+)<\/time>/
const MATRIX = /<table class="matrix" aria-labelledby="servers">(.*?)<\/table>/s
const COLUMN = /<th scope="col">([^<]*)<\/th>/g
const PROBE = /<tr id="probe-([^"]+)">(.*?)<\/tr>/gs
const CELL = /<td(?: class="(\w+)")?>/g

/** Reads the status page, or that of a check. Throws when it is neither. */
export function readPage(html: string): ShownPage {
  const asOf = Date.parse(AS_OF.exec(html)?.[1] ?? '')
  const top = TOP.exec(html)?.[1]
  if (Number.isNaN(asOf) || top === undefined) throw new Error(`no page: ${html.slice(0, 200)}`)
  const rows = [...rowsOf(html), ...cellsOf(html)]
  if (rows.length === 0) throw new Error('no row on the page')
  return { asOf, top, rows }
}

function rowsOf(html: string): readonly ShownRow[] {
  const own = CHECK.exec(html)?.[1] ?? ''
  return [...html.matchAll(ROW)].map(([, check = own, target = '', cells = '']) => {
    const verdict = VERDICT.exec(cells)?.[1] ?? ''
    const [, at, age] = LOOKED.exec(cells) ?? []
    const row = { check, target, verdict }
    return at === undefined || age === undefined ? row : { ...row, lastRun: Date.parse(at), age }
  })
}

function cellsOf(html: string): readonly ShownRow[] {
  const matrix = MATRIX.exec(html)?.[1] ?? ''
  const [, ...targets] = [...matrix.matchAll(COLUMN)].map(([, name = '']) => name)
  return [...matrix.matchAll(PROBE)].flatMap(([, check = '', cells = '']) =>
    [...cells.matchAll(CELL)].flatMap(([, verdict], place) => {
      const target = targets[place]
      return target === undefined || verdict === undefined ? [] : [{ check, target, verdict }]
    }),
  )
}
