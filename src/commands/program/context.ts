import type { AlertingConfig, Config } from '../../config/load.ts'
import type { Terminal } from '../terminal/terminal.ts'

/** What the description of a command may use when the command is called. */
export interface CommandContext {
  readonly terminal: Terminal
  /** Reads the configuration. Throws ConfigError. */
  readonly load: () => Config
  /** Reads the part of it that needs no secret. Throws ConfigError. */
  readonly loadAlerting: () => AlertingConfig
  readonly exit: (code: number) => void
  /** For commands that end in order when they are told to; the others end at once. */
  readonly takeSignals: () => void
}
