/**
 * Origins that a server must refuse: the hostile one, and one that merely begins like a declared origin, which a
 * comparison by prefix or an open-ended pattern lets in.
 */
export function foreignOrigins({
  origins,
  hostileOrigin,
}: {
  readonly origins: readonly string[]
  readonly hostileOrigin: string
}): readonly string[] {
  const [declared] = origins
  if (declared === undefined) return [hostileOrigin]
  const { protocol, hostname } = new URL(declared)
  return [hostileOrigin, `${protocol}//${hostname}.${new URL(hostileOrigin).hostname}`]
}
