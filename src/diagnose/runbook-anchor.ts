/** A heading as Markdown renderers slug it: `A user cannot sign in` → `a-user-cannot-sign-in`. */
export function runbookHeadingAnchor(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} -]/gu, '')
    .replaceAll(' ', '-')
}
