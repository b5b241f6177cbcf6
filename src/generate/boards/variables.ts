import {
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  type VariableModel,
  VariableRefresh,
  VariableSort,
} from '@grafana/grafana-foundation-sdk/dashboard'
import { dataSource } from './query.ts'

/** What a reader narrows a board down by. */
export type VariableName = 'job' | 'instance' | 'target' | 'server' | 'check' | 'probe'

interface Definition {
  readonly label: string
  readonly description: string
  readonly query: string
}

/** Events come from workers or from the applications themselves: both are jobs. */
const DEFINITIONS: Readonly<Record<VariableName, Definition>> = {
  job: {
    label: 'Job',
    description: "Prometheus' job of the workers, or of applications that count events themselves.",
    query: 'label_values({__name__=~"authwatch_build_info|authwatch_auth_events_total"}, job)',
  },
  instance: {
    label: 'Instance',
    description: 'One of several workers.',
    query: 'label_values(authwatch_build_info{job=~"$job"}, instance)',
  },
  target: {
    label: 'Target',
    description: 'A database or a server; fleet stands for all servers together.',
    query: 'label_values(authwatch_check_interval_seconds{job=~"$job"}, target)',
  },
  server: {
    label: 'Server',
    description: 'A server of the application; fleet stands for all servers together.',
    query:
      'label_values({__name__=~"authwatch_probe_success|authwatch_auth_events_total",job=~"$job"}, server)',
  },
  check: {
    label: 'Check',
    description: 'One check, by its id.',
    query: 'label_values(authwatch_check_interval_seconds{job=~"$job"}, check)',
  },
  probe: {
    label: 'Probe',
    description: 'One probe, by its id.',
    query: 'label_values(authwatch_probe_success{job=~"$job"}, probe)',
  },
}

export function dataSourceVariable(): VariableModel {
  return new DatasourceVariableBuilder('datasource')
    .label('Data source')
    .description('The Prometheus that scrapes the workers and evaluates the rules.')
    .type('prometheus')
    .build()
}

/** All of them unless the reader chooses; looked up again when the time range changes. */
export function variable(name: VariableName): VariableModel {
  const { label, description, query } = DEFINITIONS[name]
  return new QueryVariableBuilder(name)
    .label(label)
    .description(description)
    .datasource(dataSource)
    .query({ query, refId: name, qryType: 5 })
    .definition(query)
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .sort(VariableSort.AlphabeticalAsc)
    .multi(true)
    .includeAll(true)
    .allValue('.+')
    .current({ selected: true, text: ['All'], value: ['$__all'] })
    .build()
}
