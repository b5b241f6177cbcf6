import type { AlertPolicy } from '../catalogue/alert-policy.ts'
import type { Check } from '../catalogue/check.ts'

/** The library that describes boards is not installed: it is large, and only who changes thresholds needs it. */
export class BoardsUnavailableError extends Error {
  override readonly name = 'BoardsUnavailableError'
  readonly code = 'ERR_BOARDS_UNAVAILABLE'
}

/**
 * The text of each board by its path below the repository's root.
 * @throws {BoardsUnavailableError}
 */
export async function boardFiles(
  checks: readonly Check[],
  policy: AlertPolicy,
): Promise<Readonly<Record<string, string>>> {
  const { boards } = await import('./boards/boards.ts').catch(withoutLibrary)
  const texts = boards(checks, policy).map(
    (board) => [`grafana/dashboards/${board.uid}.json`, `${JSON.stringify(board, null, 2)}\n`] as const,
  )
  return Object.fromEntries(texts)
}

function withoutLibrary(cause: unknown): never {
  if (cause instanceof Error && 'code' in cause && /grafana-foundation-sdk/.test(cause.message)) {
    throw new BoardsUnavailableError(
      'boards need a library that is not installed: npm install --no-save @grafana/grafana-foundation-sdk@0.0.21, ' +
        'or use --no-boards and take the boards with default thresholds from grafana/dashboards of this package',
      { cause },
    )
  }
  throw cause
}
