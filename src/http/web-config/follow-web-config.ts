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

/** How the last attempt to read the files ended. */
export interface LastReload {
  readonly successful: boolean
  /** When they were last read with success, milliseconds since the epoch. */
  readonly succeededAt: number
}

/** The web configuration as its files are now. */
export interface FollowedWebConfig extends Disposable {
  current(): WebConfig
  lastReload(): LastReload
  /** Called with each change that takes effect. */
  onChange(listener: (config: WebConfig) => void): void
}

const LOOK_MS = 1_000

/**
 * Reads the files again when one of them changes, so that certificates and passwords are exchanged without a restart.
 * A certificate is written before its key or after it: what was refused is tried again as soon as one of its files
 * changes, also one that was not there.
 * @throws {WebConfigError} when it cannot be used at the start
 */
export function followWebConfig({ path, onReload, onRefused }: FollowOptions): FollowedWebConfig {
  let seen: ReadonlyMap<string, string> = new Map()
  const read = (): WebConfig => {
    const stamps = new Map<string, string>()
    seen = stamps
    // Before it is read, so that what changes meanwhile is seen at the next look.
    return readWebConfig(path, (file) => stamps.set(file, stampOf(file)))
  }
  let config = read()
  let last: LastReload = { successful: true, succeededAt: Date.now() }
  const listeners: ((config: WebConfig) => void)[] = []
  const look = (): void => {
    if ([...seen].every(([file, stamp]) => stampOf(file) === stamp)) return
    try {
      const next = read()
      requireSameKind(config, next, path)
      config = next
    } catch (error) {
      if (!(error instanceof WebConfigError)) throw error
      last = { ...last, successful: false }
      onRefused(error)
      return
    }
    last = { successful: true, succeededAt: Date.now() }
    for (const listener of listeners) listener(config)
    onReload()
  }
  const timer = setInterval(look, LOOK_MS).unref()
  return {
    current: () => config,
    lastReload: () => last,
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

/** Changes when the file does, or its rights, or what a link leads to; another one when it is not there. */
function stampOf(file: string): string {
  try {
    const { ino, size, mtimeNs, ctimeNs } = statSync(file, { bigint: true })
    return `${ino}:${size}:${mtimeNs}:${ctimeNs}`
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
  }
}
