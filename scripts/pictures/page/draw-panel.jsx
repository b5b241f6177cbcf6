import { FieldType } from '@grafana/data'
import { BigValue, BigValueColorMode, BigValueGraphMode, BigValueTextMode, TimeSeries } from '@grafana/ui'
import { TableNG } from '@grafana/ui/unstable'
import { useEffect, useState } from 'react'
import { nameOf, numberField, wideFrame } from './frames.jsx'
import { lastOf, tableFrame } from './table-frame.jsx'

const empty = (text) => <div style={{ padding: 16, opacity: 0.6, textAlign: 'center' }}>{text}</div>

/** What stands in a panel. */
export function drawPanel(given) {
  const { panel, answers } = given
  if (panel.type === 'stat') return <Stat {...given} />
  if (answers.every(({ series }) => series.length === 0)) return empty(panel.fieldConfig.defaults.noValue)
  if (panel.type === 'timeseries') return <Course {...given} />
  if (panel.type === 'table') return <Rows {...given} />
  if (panel.type === 'state-timeline') return <Timeline {...given} />
  return <Heatmap {...given} />
}

function Stat({ panel, answers, theme, width, height }) {
  const { series } = answers[0]
  const shown = series.length === 0 ? [{ labels: {}, points: [[0, null]] }] : series
  const each = width / shown.length
  return (
    <div style={{ display: 'flex' }}>
      {shown.map((one) => {
        const name = nameOf(answers[0], one)
        const field = numberField({ panel, name, values: one.points.map(([, value]) => value), theme })
        const value = field.display(lastOf(one))
        const byName = panel.options.textMode === 'name'
        return (
          <BigValue
            key={name}
            value={byName ? { ...value, text: name, suffix: '' } : value}
            width={each}
            height={height}
            theme={theme}
            colorMode={BigValueColorMode.Background}
            graphMode={BigValueGraphMode.None}
            textMode={BigValueTextMode.Value}
          />
        )
      })}
    </div>
  )
}

function withDefaults(field) {
  if (field.type === FieldType.time) return field
  const custom = {
    drawStyle: 'line',
    lineWidth: 1,
    fillOpacity: 8,
    showPoints: 'never',
    spanNulls: false,
    ...field.config.custom,
  }
  const color = field.config.color ?? { mode: 'palette-classic-by-name' }
  return { ...field, config: { ...field.config, color, custom } }
}

function Course({ panel, answers, theme, from, to, width, height }) {
  const frame = wideFrame({ panel, answers, theme })
  const frames = [{ ...frame, fields: frame.fields.map(withDefaults) }]
  return (
    <TimeSeries
      frames={frames}
      structureRev={1}
      timeRange={{ from: { valueOf: () => from }, to: { valueOf: () => to }, raw: { from: '', to: '' } }}
      timeZone="utc"
      width={width}
      height={height}
      legend={{ showLegend: true, displayMode: 'list', placement: 'bottom', calcs: [] }}
      options={{ legend: {}, tooltip: { mode: 'none' } }}
    />
  )
}

function Rows({ panel, answers, theme, width, height }) {
  const [data, setData] = useState()
  useEffect(() => {
    tableFrame({ panel, answers, theme }).then(setData)
  }, [panel, answers, theme])
  if (data === undefined) return null
  if (data.length === 0) return empty(panel.fieldConfig.defaults.noValue)
  return <TableNG data={data} width={width} height={height} noHeader={false} structureRev={1} />
}

function Timeline({ panel, answers, theme, from, to, width, height }) {
  const { fields } = wideFrame({ panel, answers, theme })
  const [time, ...states] = fields
  const label = 340
  const x = (at) => label + ((at - from) / (to - from)) * (width - label - 8)
  const line = Math.min(26, (height - 16) / states.length)
  const step = (time.values[1] ?? to) - (time.values[0] ?? from)
  return (
    <svg width={width} height={height} role="img" aria-label={panel.title}>
      {states.map((field, row) => (
        <g key={field.name} transform={`translate(0 ${8 + row * line})`}>
          <text
            x={label - 8}
            y={line / 2 + 4}
            textAnchor="end"
            fontSize="11"
            fill={theme.colors.text.primary}
          >
            {field.name}
          </text>
          {field.values.map((value, place) =>
            value === null ? null : (
              <rect
                key={time.values[place]}
                x={x(time.values[place])}
                width={Math.max(1, x(time.values[place] + step) - x(time.values[place]) + 0.5)}
                height={line * 0.85}
                fill={field.display(value).color}
              />
            ),
          )}
        </g>
      ))}
    </svg>
  )
}

function Heatmap({ panel, answers, theme, from, to, width, height }) {
  const rows = answers[0].series
    .map(({ labels, points }) => ({ le: Number(labels.le?.replace('+Inf', 'Infinity')), points }))
    .sort((a, b) => a.le - b.le)
  const inside = rows.map(({ le, points }, row) => {
    const below = new Map(rows[row - 1]?.points ?? [])
    return { le, points: points.map(([time, value]) => [time, value - (below.get(time) ?? 0)]) }
  })
  const most = Math.max(1e-9, ...inside.flatMap(({ points }) => points.map(([, value]) => value)))
  const h = (height - 30) / inside.length
  const step = inside[0].points.length < 2 ? 1 : inside[0].points[1][0] - inside[0].points[0][0]
  const x = (at) => 60 + ((at - from) / (to - from)) * (width - 70)
  return (
    <svg width={width} height={height} role="img" aria-label={panel.title}>
      {inside.map(({ le, points }, row) => (
        <g key={le} transform={`translate(0 ${(inside.length - 1 - row) * h + 8})`}>
          <text x="54" y={h / 2 + 4} textAnchor="end" fontSize="11" fill={theme.colors.text.secondary}>
            {le === Number.POSITIVE_INFINITY ? '∞' : `${le} s`}
          </text>
          {points.map(([time, value]) => (
            <rect
              key={time}
              x={x(time)}
              width={Math.max(1, x(time + step) - x(time))}
              height={h - 1}
              fill="#ff9830"
              opacity={(Math.max(0, value) / most) ** 0.5}
            />
          ))}
        </g>
      ))}
    </svg>
  )
}
