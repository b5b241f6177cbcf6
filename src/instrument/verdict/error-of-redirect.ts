/** OAuth's word, and the mailed links': a redirect that carries a failure names it in its query. */
export function errorOfRedirect(headers: Headers): string | undefined {
  const location = headers.get('location')
  if (location === null || !URL.canParse(location, 'http://relative.invalid')) return undefined
  return new URL(location, 'http://relative.invalid').searchParams.get('error') ?? undefined
}
