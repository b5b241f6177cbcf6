import { type Logger, pino } from 'pino'
import pretty from 'pino-pretty'
import type { Config } from '../config/load.ts'
import type { Terminal } from './terminal/terminal.ts'

export type { Logger }

/** Fields that must not be printed whoever puts them into a log line. URLs hold passwords. */
const SECRET_FIELDS = [
  'url',
  'connectionString',
  'password',
  'token',
  'key',
  'secret',
  'cookie',
  'authorization',
]

/** JSON lines on standard error; coloured sentences when somebody watches. Standard output is for results. */
export function createLogger({ logLevel }: Pick<Config, 'logLevel'>, terminal: Terminal): Logger {
  const paths = SECRET_FIELDS.flatMap((field) => [field, `*.${field}`, `*.*.${field}`])
  const options = { level: logLevel, base: { name: 'authwatch' }, redact: { paths, censor: '[redacted]' } }
  const write = { write: (line: string) => terminal.err(line) }
  if (!terminal.interactive) return pino({ ...options, timestamp: pino.stdTimeFunctions.isoTime }, write)
  const stream = pretty({
    // Standard error: without it, lines would go where the results go.
    destination: 2,
    colorize: terminal.colours,
    ignore: 'name,pid,hostname',
    translateTime: 'SYS:HH:MM:ss',
    sync: true,
  })
  return pino(options, stream)
}

/** An error as a log field: its code, or else its kind. Messages of drivers can quote addresses and values. */
export function errorField(error: unknown): { readonly error: string } {
  if (!(error instanceof Error)) return { error: 'unknown' }
  return { error: 'code' in error && typeof error.code === 'string' ? error.code : error.name }
}
