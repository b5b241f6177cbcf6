// One board, drawn by Grafana's own components from the answers that were fetched before. What Grafana does not give
// away as a component, timelines and heatmaps, is drawn here in the plainest way.
import { createTheme, EventBusSrv, ThemeContext } from '@grafana/data'
import { GlobalStyles, PanelChrome, PanelContextProvider } from '@grafana/ui'
import { createRoot } from 'react-dom/client'
import 'uplot/dist/uPlot.min.css'
import { drawPanel } from './draw-panel.jsx'

const GRID = 24
const ROW_HEIGHT = 30
const GAP = 8
const theme = createTheme({ colors: { mode: 'dark' } })
const { board, panels, from, to } = window.boardData

const width = window.innerWidth - 3 * GAP
const column = (width + GAP) / GRID

function place({ x, y, w, h }) {
  return {
    position: 'absolute',
    left: x * column,
    top: y * (ROW_HEIGHT + GAP),
    width: w * column - GAP,
    height: h * (ROW_HEIGHT + GAP) - GAP,
  }
}

function Panel({ panel, answers }) {
  const { width: w, height: h, ...rest } = place(panel.gridPos)
  const title = panel.title.replace('$server', 'crm-a')
  if (panel.type === 'row') {
    return (
      <div style={{ ...rest, width: w, height: ROW_HEIGHT, lineHeight: `${ROW_HEIGHT}px`, fontWeight: 500 }}>
        {panel.collapsed ? '› ' : '⌄ '}
        {title}{' '}
        {panel.collapsed ? <span style={{ opacity: 0.6 }}>({panel.panels.length} panels)</span> : null}
      </div>
    )
  }
  return (
    <div style={{ ...rest, width: w, height: h }}>
      <PanelChrome title={title} width={w} height={h} hoverHeader={false} padding="none">
        {(innerWidth, innerHeight) =>
          drawPanel({
            panel,
            answers,
            theme,
            from,
            to,
            width: innerWidth,
            height: innerHeight,
          })
        }
      </PanelChrome>
    </div>
  )
}

const bottom = Math.max(...panels.map(({ panel: { gridPos } }) => gridPos.y + gridPos.h))
const context = { eventBus: new EventBusSrv() }

createRoot(document.getElementById('board')).render(
  <ThemeContext.Provider value={theme}>
    <GlobalStyles />
    <div style={{ padding: GAP, background: theme.colors.background.canvas, minHeight: '100vh' }}>
      <h3 style={{ margin: '4px 0 12px' }}>
        {board.title} <span style={{ opacity: 0.6, fontSize: 14 }}>{board.description}</span>
      </h3>
      <PanelContextProvider value={context}>
        <div style={{ position: 'relative', height: bottom * (ROW_HEIGHT + GAP) }}>
          {panels.map((each) => (
            <Panel key={each.panel.id} {...each} />
          ))}
        </div>
      </PanelContextProvider>
    </div>
    <div id="drawn" />
  </ThemeContext.Provider>,
)
