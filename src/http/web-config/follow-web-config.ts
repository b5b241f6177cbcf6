import { statSync } from 'node:fs'
import { asksForCertificate } from './client-certificates.ts'
import { readWebConfig, type WebConfig } from './read-web-config.ts'
import { WebConfigError } from './web-config-error.ts'

export interface FollowOptions {
  readonly path: string
  /** A change took effect. */
  onReload(): void
  /** A change was refused, and what was in force stays in force. */
  onRefused(error: WebConfigError): void
}

/** The web configuration as its files are now. */
export interface FollowedWebConfig extends Disposable {
  current(): WebConfig
  /** Called with each change that takes effect. */
  onChange(listener: (config: WebConfig) => void): void
}

const LOOK_MS = 1_000

/**
 * Reads the files again when one of them changes, so that certificates and passwords are exchanged without a restart.
 * A certificate is written before its key or after it: what does not go together is tried again with the next change.
 * @throws {WebConfigError} when it cannot be used at the start
 */
export function followWebConfig({ path, onReload, onRefused }: FollowOptions): FollowedWebConfig {
  let config = readWebConfig(path)
  let seen = stampOf(config.files)
  const listeners: ((config: WebConfig) => void)[] = []
  const look = (): void => {
    const stamp = stampOf(config.files)
    if (stamp === seen) return
    seen = stamp
    try {
      const next = readWebConfig(path)
      requireSameKind(config, next, path)
      config = next
      seen = stampOf(next.files)
      for (const listener of listeners) listener(next)
      onReload()
    } catch (error) {
      if (!(error instanceof WebConfigError)) throw error
      onRefused(error)
    }
  }
  const timer = setInterval(look, LOOK_MS).unref()
  return {
    current: () => config,
    onChange: (listener) => void listeners.push(listener),
    [Symbol.dispose]: () => clearInterval(timer),
  }
}

/** What a server that listens cannot change about itself. */
function requireSameKind(before: WebConfig, after: WebConfig, path: string): void {
  if ((before.tls === undefined) !== (after.tls === undefined)) {
    throw new WebConfigError(`${path}: TLS is switched on or off by a restart only`)
  }
  const asks = ({ tls }: WebConfig) => tls !== undefined && asksForCertificate(tls.clients)
  if (asks(before) !== asks(after)) {
    throw new WebConfigError(
      `${path}: asking for client certificates is switched on or off by a restart only`,
    )
  }
}

/** Changes when a file does, also one that a link now leads elsewhere. */
function stampOf(files: readonly string[]): string {
  const stamps = files.map((file) => {
    const { ino, size, mtimeMs } = statSync(file, { throwIfNoEntry: false }) ?? {
      ino: 0,
      size: 0,
      mtimeMs: 0,
    }
    return `${ino}:${size}:${mtimeMs}`
  })
  return stamps.join(' ')
}
