import { isIP } from 'node:net'
import { HttpServerError } from './http-server-error.ts'
import { asksWhoItIs, type WebConfig } from './web-config/read-web-config.ts'

export interface AccessOptions {
  readonly host: string
  readonly allowUnauthenticated: boolean
  readonly web: WebConfig | undefined
}

/**
 * Metrics and pages name servers, tell what is broken, and show which accounts are. Beyond loopback they are served to
 * those who prove who they are, or when somebody has said that everybody may see them.
 * @throws {HttpServerError}
 */
export function requireAccessControl({ host, allowUnauthenticated, web }: AccessOptions): void {
  if (isLoopback(host) || allowUnauthenticated || (web !== undefined && asksWhoItIs(web))) return
  throw new HttpServerError(
    'ERR_ACCESS_OPEN',
    `${host} can be reached from outside this machine, and nobody would be asked who they are. Give users or client ` +
      'certificates in http.webConfigFile, or set http.allowUnauthenticated (AUTHWATCH_HTTP_ALLOW_UNAUTHENTICATED=true).',
  )
}

function isLoopback(host: string): boolean {
  if (isIP(host) === 4) return host.startsWith('127.')
  return host === '::1' || host === 'localhost'
}
