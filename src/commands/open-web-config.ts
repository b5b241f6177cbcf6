import type { Config } from '../config/load.ts'
import { requireAccessControl } from '../http/require-access-control.ts'
import { type FollowedWebConfig, followWebConfig } from '../http/web-config/follow-web-config.ts'
import type { Logger } from './logger.ts'

/**
 * Who may ask this worker, as the configuration says, followed as long as it runs; undefined where nothing is said.
 * @throws {WebConfigError} when the file cannot be used
 * @throws {HttpServerError} when everybody on the network could ask, and nobody has said that they may
 */
export function openWebConfig(
  { http }: Pick<Config, 'http'>,
  log: Pick<Logger, 'info' | 'error'>,
): FollowedWebConfig | undefined {
  const { host, allowUnauthenticated, webConfigFile: path } = http
  const web =
    path === undefined
      ? undefined
      : followWebConfig({
          path,
          onReload: () => log.info({ path }, 'the web configuration was read again'),
          onRefused: ({ message }) =>
            log.error(
              { path, reason: message },
              'the web configuration cannot be used; the one before stays in force',
            ),
        })
  try {
    requireAccessControl({ host, allowUnauthenticated, web: web?.current() })
    return web
  } catch (error) {
    web?.[Symbol.dispose]()
    throw error
  }
}
