import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'

/** A file of the package that pages ask for. */
export interface Asset {
  /** From the root, with a mark of its content: a new version has a new address. */
  readonly address: string
  readonly path: string
  readonly type: string
  readonly content: string
}

export interface PageAssets {
  readonly style: Asset
  readonly script: Asset
}

/** Read once. A file that the package lacks is empty: pages without style are no reason not to watch. */
export function readPageAssets(): PageAssets {
  return {
    style: read('status-page.css', 'text/css; charset=utf-8'),
    script: read('status-page.js', 'text/javascript; charset=utf-8'),
  }
}

function read(name: string, type: string): Asset {
  const content = textOf(name)
  const mark = createHash('sha256').update(content).digest('hex').slice(0, 12)
  return { address: `assets/${name}?v=${mark}`, path: `/assets/${name}`, type, content }
}

function textOf(name: string): string {
  try {
    // Two folders up both from `src` and from `dist`.
    return readFileSync(new URL(`../../assets/${name}`, import.meta.url), 'utf8')
  } catch {
    return ''
  }
}
