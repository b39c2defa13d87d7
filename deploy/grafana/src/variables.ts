// The variables that every dashboard of the exporter has.
import type { DataSourceRef } from '@grafana/grafana-foundation-sdk/common';
import {
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  VariableRefresh,
  VariableSort,
} from '@grafana/grafana-foundation-sdk/dashboard';

export const DATASOURCE: DataSourceRef = { type: 'prometheus', uid: '${datasource}' };

function labelValues(name: string, label: string, description: string, query: string): QueryVariableBuilder {
  return new QueryVariableBuilder(name)
    .label(label)
    .description(description)
    .datasource(DATASOURCE)
    .query({ query, refId: `variable-${name}` })
    .definition(query)
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .sort(VariableSort.NaturalAsc);
}

export function datasource(): DatasourceVariableBuilder {
  return new DatasourceVariableBuilder('datasource')
    .label('Data source')
    .description('The Prometheus that scrapes the exporters.')
    .type('prometheus');
}

/** All jobs are those of exporters alone: without a value of its own, All is the list of what was found. */
export function job(): QueryVariableBuilder {
  return labelValues('job', 'Job', 'Jobs that scrape perf-exporter.', 'label_values(perf_exporter_build_info, job)')
    .multi(true)
    .includeAll(true);
}

/** All instances need no list, since the jobs already bound them. */
export function instance(): QueryVariableBuilder {
  const query = 'label_values(perf_exporter_build_info{job=~"$job"}, instance)';
  return labelValues('instance', 'Instance', 'Exporters, one on each node.', query)
    .multi(true)
    .includeAll(true)
    .allValue('.+');
}

/** One machine at a time, so that a fleet's CPUs never meet in one panel. */
export function cpuInstance(): QueryVariableBuilder {
  const query = 'label_values(perf_cpu_info{job=~"$job", instance=~"$instance"}, instance)';
  return labelValues('cpu_instance', 'CPUs of', 'The exporter whose CPUs are shown one by one.', query);
}
