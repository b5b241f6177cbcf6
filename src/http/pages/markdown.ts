import { html, raw } from 'hono/html'
import type { Html } from './html.ts'
import { inlineMarkdown, type LinkTo } from './markdown-inline.ts'

/**
 * The Markdown of the runbook as HTML: headings, paragraphs, lists, fenced code and tables, nested by indentation.
 * Whatever else stands there is shown as text; markup in the source never becomes markup of the page.
 */
export function markdown(source: string, linkTo: LinkTo): Html {
  return raw(blocks(source.replace(/<!--.*?-->/gs, '').split('\n'), linkTo))
}

interface Block {
  readonly html: string
  /** Lines it took. */
  readonly length: number
}

/** Tells of the first lines which block they are; undefined: not mine. */
type Reader = (lines: readonly string[], linkTo: LinkTo) => Block | undefined

const READERS: readonly Reader[] = [fence, heading, table, list]

function blocks(lines: readonly string[], linkTo: LinkTo): string {
  let out = ''
  let at = 0
  while (at < lines.length) {
    const rest = lines.slice(at)
    if (rest[0]?.trim() === '') {
      at += 1
      continue
    }
    const block = firstBlock(rest, linkTo) ?? paragraph(rest, linkTo)
    out += block.html
    at += block.length
  }
  return out
}

function firstBlock(lines: readonly string[], linkTo: LinkTo): Block | undefined {
  for (const read of READERS) {
    const block = read(lines, linkTo)
    if (block !== undefined) return block
  }
  return undefined
}

function fence(lines: readonly string[]): Block | undefined {
  if (!lines[0]?.startsWith('```')) return undefined
  const end = lines.findIndex((line, place) => place > 0 && line.startsWith('```'))
  const code = lines.slice(1, end < 0 ? lines.length : end).join('\n')
  // Focusable: who has no mouse must be able to scroll it.
  const text = html`<pre tabindex="0"><code>${code}</code></pre>`
  return { html: String(text), length: end < 0 ? lines.length : end + 1 }
}

function heading([line = '']: readonly string[], linkTo: LinkTo): Block | undefined {
  const [, marks = '', text = ''] = /^(#{1,5}) (.+)$/.exec(line) ?? []
  if (marks === '') return undefined
  const id = text
    .toLowerCase()
    .replace(/[^\w -]/g, '')
    .replaceAll(' ', '-')
  const tag = `h${marks.length}`
  return { html: `<${tag} id="${id}">${inlineMarkdown(text, linkTo)}</${tag}>`, length: 1 }
}

function table(lines: readonly string[], linkTo: LinkTo): Block | undefined {
  if (!lines[0]?.startsWith('|') || !/^\|[\s|:-]+$/.test(lines[1] ?? '')) return undefined
  const end = lines.findIndex((line) => !line.startsWith('|'))
  const length = end < 0 ? lines.length : end
  const rows = lines.slice(0, length).map((line) => cellsOf(line).map((cell) => inlineMarkdown(cell, linkTo)))
  const head = (rows[0] ?? []).map((cell) => `<th scope="col">${cell}</th>`).join('')
  const body = rows.slice(2).map((cells) => `<tr>${cells.map((cell) => `<td>${cell}</td>`).join('')}</tr>`)
  return {
    html: `<div class="scroll" role="group" aria-label="Table" tabindex="0"><table><thead><tr>${head}</tr></thead><tbody>${body.join('')}</tbody></table></div>`,
    length,
  }
}

/** A bar inside code or behind a backslash is no border. */
function cellsOf(line: string): readonly string[] {
  const cells =
    line
      .trim()
      .replace(/^\||\|$/g, '')
      .match(/(?:\\\||`[^`]*`|[^|])*/g) ?? []
  return cells.flatMap((cell, place) =>
    cell === '' && place % 2 === 1 ? [] : [cell.trim().replaceAll('\\|', '|')],
  )
}

const ITEM = /^(\d+\.|-) +/

function list(lines: readonly string[], linkTo: LinkTo): Block | undefined {
  const first = ITEM.exec(lines[0] ?? '')
  if (first === null) return undefined
  const tag = first[1] === '-' ? 'ul' : 'ol'
  const items: string[] = []
  let at = 0
  while (at < lines.length) {
    const mark = ITEM.exec(lines[at] ?? '')
    if (mark === null || (mark[1] === '-') !== (tag === 'ul')) break
    const own = itemLines(lines.slice(at), mark[0].length)
    items.push(`<li>${itemHtml(own, linkTo)}</li>`)
    at += own.length
  }
  return { html: `<${tag}>${items.join('')}</${tag}>`, length: at }
}

/** The item's lines without their indentation: until a line that is not indented, blank lines at the end included. */
function itemLines(lines: readonly string[], indent: number): readonly string[] {
  const end = lines.findIndex((line, place) => place > 0 && line.trim() !== '' && !/^\s{2,}/.test(line))
  return lines
    .slice(0, end < 0 ? lines.length : end)
    .map((line, place) =>
      place === 0 ? line.slice(indent) : line.replace(new RegExp(`^ {0,${indent}}`), ''),
    )
}

/** An item of one paragraph needs no paragraph of its own. */
function itemHtml(lines: readonly string[], linkTo: LinkTo): string {
  return blocks(lines, linkTo).replace(/^<p>((?:(?!<\/p>).)*)<\/p>/s, '$1')
}

function paragraph(lines: readonly string[], linkTo: LinkTo): Block {
  const end = lines.findIndex(
    (line, place) => place > 0 && (line.trim() === '' || line.startsWith('```') || ITEM.test(line)),
  )
  const length = end < 0 ? lines.length : end
  const text = lines
    .slice(0, length)
    .map((line) => line.trim())
    .join('\n')
  return { html: `<p>${inlineMarkdown(text, linkTo)}</p>`, length }
}
