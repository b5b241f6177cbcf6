import { createInterface } from 'node:readline/promises'
import { withTimeoutSignal } from '../../servers/with-timeout-signal.ts'
import type { Terminal } from './terminal.ts'
import { UsageError } from './usage-error.ts'

const PATIENCE_MS = 120_000

/** What people and pipes say to a command. */
export function standardInput({
  stdin,
  stderr,
}: Pick<NodeJS.Process, 'stdin' | 'stderr'>): Pick<Terminal, 'ask' | 'read'> {
  return {
    ask: async (question) => {
      // On standard error, since what a command prints may be piped.
      const lines = createInterface({ input: stdin, output: stderr })
      const leaving = new AbortController()
      lines.once('SIGINT', () => leaving.abort())
      try {
        return await withTimeoutSignal({ signal: leaving.signal, ms: PATIENCE_MS }, (signal) =>
          lines.question(question, { signal }),
        )
      } catch (cause) {
        throw new UsageError('nobody answered', { cause })
      } finally {
        lines.close()
      }
    },
    read: async (limit) => {
      const late = setTimeout(() => stdin.destroy(new UsageError('standard input did not end')), PATIENCE_MS)
      try {
        let text = ''
        for await (const chunk of stdin.setEncoding('utf8')) {
          text += String(chunk)
          if (text.length > limit) throw new UsageError(`standard input is longer than ${limit} characters`)
        }
        return text
      } finally {
        clearTimeout(late)
      }
    },
  }
}
