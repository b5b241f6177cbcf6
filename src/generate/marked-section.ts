/** The document lacks a place for generated text, or has it twice. */
export class MarkerError extends Error {
  override readonly name = 'MarkerError'
  readonly code = 'ERR_MARKER'
}

/** Replaces what stands between `<!-- generated:NAME -->` and `<!-- /generated:NAME -->`; the rest stays as it is. */
export function replaceSection(document: string, name: string, text: string): string {
  const begin = `<!-- generated:${name} -->`
  const end = `<!-- /generated:${name} -->`
  const parts = document.split(begin)
  const [before, after = ''] = parts
  const [, ...rest] = after.split(end)
  if (parts.length !== 2 || rest.length !== 1) throw new MarkerError(`expected one section ${begin} … ${end}`)
  return `${before}${begin}\n${text.trim()}\n${end}${rest[0]}`
}
