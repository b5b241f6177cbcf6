import type { Dashboard, GridPos, Panel, RowPanel } from '@grafana/grafana-foundation-sdk/dashboard'
import { RowBuilder } from '@grafana/grafana-foundation-sdk/dashboard'
import type { Section } from './board.ts'

const COLUMNS = 24

/**
 * Gives each panel its place, from left to right and then in a new line. Panels of a collapsed section are kept in its
 * row, at the places they have when it is opened.
 */
export function arrange(sections: readonly Section[]): NonNullable<Dashboard['panels']> {
  const arranged: (Panel | RowPanel)[] = []
  let y = 0
  for (const { title, collapsed = false, repeat, panels } of sections) {
    const below = title === undefined ? y : y + 1
    const placed = inLines(panels, below)
    if (title !== undefined) {
      const row = new RowBuilder(title).collapsed(collapsed).gridPos({ h: 1, w: COLUMNS, x: 0, y })
      if (repeat !== undefined) row.repeat(repeat)
      arranged.push({ ...row.build(), panels: collapsed ? placed : [] })
    }
    if (!collapsed) arranged.push(...placed)
    y = collapsed ? below : Math.max(below, ...placed.map(({ gridPos }) => gridPos.y + gridPos.h))
  }
  return arranged
}

function inLines(panels: readonly Panel[], top: number): (Panel & { gridPos: GridPos })[] {
  let x = 0
  let y = top
  let tallest = 0
  return panels.map((panel) => {
    const { w, h } = panel.gridPos ?? { w: COLUMNS, h: 8 }
    if (x + w > COLUMNS) {
      x = 0
      y += tallest
      tallest = 0
    }
    const gridPos = { h, w, x, y }
    x += w
    tallest = Math.max(tallest, h)
    return { ...panel, gridPos }
  })
}
