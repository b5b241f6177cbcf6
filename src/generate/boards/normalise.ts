import type { Dashboard, Panel, RowPanel } from '@grafana/grafana-foundation-sdk/dashboard'

/**
 * Mends what the library leaves open: panels have no ids, and all rows the id 0; links and annotations would be hidden
 * in a menu on servers that know one; and fields without a value are not for a file.
 */
export function normalise(board: Dashboard): Dashboard {
  let id = 0
  const numbered = (panel: Panel): Panel => {
    id += 1
    const { links = [], ...rest } = panel
    return { ...rest, id, links: links.map((link) => without(link, 'placement')) }
  }
  const panels = (board.panels ?? []).map((panel): Panel | RowPanel => {
    if (!('collapsed' in panel)) return numbered(panel)
    id += 1
    return { ...panel, id, panels: panel.panels.map(numbered) }
  })
  const { annotations, links = [] } = board
  return {
    ...board,
    id: null,
    panels,
    links: links.map((link) => without(link, 'placement')),
    annotations: { list: (annotations.list ?? []).map((each) => without(each, 'placement')) },
  }
}

function without<T extends object, K extends keyof T>(from: T, key: K): Omit<T, K> {
  const { [key]: _left, ...rest } = from
  return rest
}
