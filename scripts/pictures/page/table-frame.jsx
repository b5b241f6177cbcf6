import {
  FieldType,
  standardTransformers,
  standardTransformersRegistry,
  toDataFrame,
  transformDataFrame,
} from '@grafana/data'
import { firstValueFrom } from 'rxjs'
import { numberField } from './frames.jsx'

standardTransformersRegistry.setInit(() =>
  [...new Map(Object.values(standardTransformers).map((each) => [each.id, each])).values()].map(
    (transformation) => ({
      id: transformation.id,
      name: transformation.name,
      transformation: async () => transformation,
    }),
  ),
)

export function lastOf({ points }) {
  return points.at(-1)?.[1] ?? null
}

/** One frame for each query, as Grafana's data source gives them to a table. */
function framesOf(answers) {
  return answers
    .filter(({ series }) => series.length > 0)
    .map(({ refId, series }) => {
      const labels = [...new Set(series.flatMap((one) => Object.keys(one.labels)))].sort()
      const fields = [
        {
          name: 'Time',
          type: FieldType.time,
          values: series.map(({ points }) => points.at(-1)?.[0] ?? null),
        },
        ...labels.map((label) => ({
          name: label,
          type: FieldType.string,
          values: series.map((one) => one.labels[label] ?? ''),
        })),
        {
          name: answers.length === 1 ? 'Value' : `Value #${refId}`,
          type: FieldType.number,
          values: series.map(lastOf),
        },
      ]
      return toDataFrame({ refId, fields })
    })
}

/** What Grafana's own transformations make of the answers, with the settings of each column. */
export async function tableFrame({ panel, answers, theme }) {
  const [frame] = await firstValueFrom(transformDataFrame(panel.transformations, framesOf(answers)))
  if (frame === undefined) return { fields: [], length: 0 }
  const fields = frame.fields.map(({ name, config, type, values }, seriesIndex) =>
    withCells(numberField({ panel, name: config.displayName ?? name, values, theme, seriesIndex, type })),
  )
  return { fields: fields.filter(({ config }) => config.custom?.hidden !== true), length: frame.length }
}

function withCells(field) {
  const custom = {
    cellOptions: { type: 'auto' },
    align: 'auto',
    inspect: false,
    filterable: false,
    ...field.config.custom,
  }
  return { ...field, config: { ...field.config, custom, links: [] }, getLinks: () => [] }
}
