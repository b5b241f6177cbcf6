import { html } from 'hono/html'

/** The address that a link of the source leads to on the page; undefined: it becomes text. */
export type LinkTo = (target: string) => string | undefined

/** In the order in which they are looked for at each place: inside code nothing else means anything. */
const TOKEN = /`([^`]+)`|\*\*(.+?)\*\*|\[([^\]]+)\]\(([^)\s]+)\)/s

/** Code, bold and links of one piece of Markdown as HTML; all else is escaped. */
export function inlineMarkdown(source: string, linkTo: LinkTo): string {
  const token = TOKEN.exec(source)
  if (token === null) return escaped(source)
  const [all, code, bold, label = '', target = ''] = token
  const before = escaped(source.slice(0, token.index))
  const after = inlineMarkdown(source.slice(token.index + all.length), linkTo)
  return before + tokenHtml({ code, bold, label, target }, linkTo) + after
}

interface Token {
  readonly code: string | undefined
  readonly bold: string | undefined
  readonly label: string
  readonly target: string
}

function tokenHtml({ code, bold, label, target }: Token, linkTo: LinkTo): string {
  if (code !== undefined) return `<code>${escaped(code)}</code>`
  if (bold !== undefined) return `<strong>${inlineMarkdown(bold, linkTo)}</strong>`
  const address = linkTo(target)
  const inner = inlineMarkdown(label, linkTo)
  return address === undefined ? inner : `<a href="${escaped(address)}">${inner}</a>`
}

function escaped(text: string): string {
  return String(html`${text}`)
}
