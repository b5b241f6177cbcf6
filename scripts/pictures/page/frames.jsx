import { FieldType, getDisplayProcessor } from '@grafana/data'

/** `{{label}}` of a legend filled in; without a legend the labels themselves. */
export function nameOf({ legend }, { labels }) {
  if (legend !== '') return legend.replaceAll(/\{\{(\w+)\}\}/g, (_, label) => labels[label] ?? '')
  const { __name__: name = '', ...own } = labels
  const pairs = Object.entries(own).map(([label, value]) => `${label}="${value}"`)
  return pairs.length === 0 ? name || 'Value' : `${name}{${pairs.join(', ')}}`
}

/** A field's settings: those of the panel, and what overrides them by name. */
export function configOf(panel, name) {
  const { defaults, overrides } = panel.fieldConfig
  const config = structuredClone(defaults)
  for (const { matcher, properties } of overrides) {
    if (matcher.options !== name) continue
    for (const { id, value } of properties) {
      if (id.startsWith('custom.')) config.custom = { ...config.custom, [id.slice('custom.'.length)]: value }
      else config[id] = value
    }
  }
  return config
}

export function numberField({ panel, name, values, theme, seriesIndex = 0, type = FieldType.number }) {
  const config = configOf(panel, name)
  const thresholds = config.thresholds && {
    ...config.thresholds,
    steps: config.thresholds.steps.map((step) => ({
      ...step,
      value: step.value ?? Number.NEGATIVE_INFINITY,
    })),
  }
  const field = {
    name,
    type,
    values,
    config: { ...config, thresholds },
    labels: {},
    state: { displayName: name, seriesIndex },
  }
  return { ...field, display: getDisplayProcessor({ field, theme }) }
}

export function timeField(times) {
  return { name: 'Time', type: FieldType.time, values: times, config: {}, state: {} }
}

/** All series of a panel in one frame with one time field. */
export function wideFrame({ panel, answers, theme }) {
  const all = answers.flatMap((answer) =>
    answer.series.map((series) => ({ name: nameOf(answer, series), points: series.points })),
  )
  const times = [...new Set(all.flatMap(({ points }) => points.map(([time]) => time)))].sort((a, b) => a - b)
  const fields = all.map(({ name, points }, seriesIndex) => {
    const at = new Map(points)
    const values = times.map((time) => (Number.isFinite(at.get(time)) ? at.get(time) : null))
    return numberField({ panel, name, values, theme, seriesIndex })
  })
  return { fields: [timeField(times), ...fields], length: times.length }
}
