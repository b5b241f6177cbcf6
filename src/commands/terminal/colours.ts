import pico from 'picocolors'
import type { Severity } from '../../catalogue/condition.ts'
import type { State } from '../../catalogue/result.ts'
import type { Terminal } from './terminal.ts'

/** How verdicts look on a terminal: a sign and a word, so that colour is never the only difference. */
export function palette({ colours }: Pick<Terminal, 'colours'>) {
  const { bold, cyan, dim, green, red, yellow } = pico.createColors(colours)
  const state = (name: State, severity?: Severity): string => {
    switch (name) {
      case 'pass':
        return green('✓ pass')
      case 'fail':
        return severity === 'critical'
          ? red('✗ critical')
          : severity === 'info'
            ? cyan('✗ info')
            : yellow('✗ warning')
      case 'error':
        return red('? error')
      case 'skipped':
        return dim('– skipped')
    }
  }
  return { state, bold, dim, red, yellow, green, cyan }
}
