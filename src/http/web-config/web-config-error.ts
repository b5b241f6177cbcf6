/** The web configuration cannot be used. The message names the file and the key; it never holds a secret. */
export class WebConfigError extends Error {
  override readonly name = 'WebConfigError'
  readonly code = 'ERR_WEB_CONFIG'
}
