import { readFileSync } from 'node:fs'
import { type CheckId, runbookAnchor } from '../catalogue/naming.ts'

/** The runbook as Markdown, read once. */
export interface Runbook {
  readonly text: string
  /** What stands under the heading of a check, without the heading; undefined when there is none. */
  section(id: CheckId): string | undefined
}

/** In the package, two folders up both from `src` and from `dist`. */
const FILE = new URL('../../alerts/README.md', import.meta.url)

/** Without the file there are no sections: pages are shown all the same. */
export function readRunbook(file: URL = FILE): Runbook {
  const text = textOf(file)
  const sections = new Map(
    text
      .split(/^(?=#{2,3} )/m)
      .map((part) => [/^#+ (.*)$/m.exec(part)?.[1]?.toLowerCase() ?? '', part.replace(/^.*\n/, '').trim()]),
  )
  return { text, section: (id) => sections.get(runbookAnchor(id)) }
}

function textOf(file: URL): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
