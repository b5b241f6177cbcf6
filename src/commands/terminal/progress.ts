import type { Terminal } from './terminal.ts'

const QUIET_MS = 1_000

/** A line on the terminal for work that takes over a second; nothing when nobody watches. */
export function progress(
  what: string,
  terminal: Terminal,
): Disposable & {
  update(done: number, of: number): void
  finish(): void
} {
  const begun = performance.now()
  let shown = false
  const finish = () => {
    if (shown) terminal.err('\r\x1b[2K')
    shown = false
  }
  return {
    update: (done, of) => {
      if (!terminal.interactive || performance.now() - begun < QUIET_MS) return
      shown = true
      terminal.err(`\r\x1b[2K${what}: ${done} of ${of}`)
    },
    finish,
    [Symbol.dispose]: finish,
  }
}
