/** What probes send as `User-Agent`: an application's log, and its table of sessions, tell them by it. */
export function probeUserAgent(version: string): string {
  return `authwatch/${version} (+probe)`
}

/** Of this version or any other. */
export function isProbeUserAgent(userAgent: string): boolean {
  return /^authwatch\/\S+ \(\+probe\)$/.test(userAgent)
}
