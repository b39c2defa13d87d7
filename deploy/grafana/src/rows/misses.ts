// Misses of caches and branch predictors, and which CPUs they are of.
import * as units from '@grafana/grafana-foundation-sdk/units';
import { lines, type Panel, rows } from '../panels';
import { family, NODE, NODE_NAME, ratio } from '../queries';

function cacheMisses(): Panel {
  return lines({
    title: 'Cache misses by node',
    shows: 'Which share of the cache references missed.',
    computed: 'Misses divided by references, counted over the same instants (one group), over all CPUs with both.',
    judge:
      'Which cache is meant, the last level mostly, differs between CPU families: compare nodes of one model only ' +
      '(see CPU models). A rise under the same load tells of a working set that has outgrown the cache.',
    unit: units.PercentUnit,
    queries: [{ expression: ratio('cache_misses', 'cache_references', NODE), legend: NODE_NAME }],
    width: 8,
    min: 0,
    thresholds: [[null, 'green'], [0.2, 'yellow'], [0.5, 'orange']],
  });
}

function branchMisses(): Panel {
  return lines({
    title: 'Branch misses by node',
    shows: 'Which share of the branches was predicted wrong.',
    computed: 'Mispredicted branches divided by branches, counted over the same instants, over all CPUs with both.',
    judge: 'Below 2 % is usual; above 5 % the pipeline is often emptied, and IPC suffers.',
    unit: units.PercentUnit,
    queries: [{ expression: ratio('branch_misses', 'branches', NODE), legend: NODE_NAME }],
    width: 8,
    min: 0,
    thresholds: [[null, 'green'], [0.02, 'yellow'], [0.05, 'orange']],
  });
}

function cacheLevels(): Panel {
  const labels = [...NODE, 'cache', 'op'];
  return lines({
    title: 'Misses by cache',
    shows: 'Which share of the accesses missed, for each of the generalised caches: L1, last level, TLBs.',
    computed: 'Misses divided by accesses of the same cache and operation, over all CPUs with both.',
    judge:
      'Empty unless the exporters run the collector `hw_cache`, which is off by default. L1 misses of some percent ' +
      'are usual; TLB misses above 1 % ask for huge pages.',
    unit: units.PercentUnit,
    queries: [
      { expression: ratio('hw_cache_misses', 'hw_cache_accesses', labels), legend: `${NODE_NAME} {{cache}} {{op}}` },
    ],
    width: 8,
    min: 0,
    noData: 'no data: the collector hw_cache is off, or see Permission health',
  });
}

function models(): Panel {
  const labels = 'vendor, family, model, stepping, pmu';
  return rows(
    {
      title: 'CPU models',
      shows: 'The CPU models of the chosen nodes and their core PMUs; a hybrid machine has a row for each core type.',
      computed: 'Exporters by the labels of `perf_cpu_model_info`.',
      judge:
        'IPC and cache misses of different models are no measure for each other. No PMU: nothing but software ' +
        'events.',
      unit: units.Short,
      queries: [{ expression: `count by (${labels}) (${family('perf_cpu_model_info')})` }],
      width: 24,
      height: 5,
    },
    {
      headings: {
        vendor: 'Vendor',
        family: 'Family',
        model: 'Model',
        stepping: 'Stepping',
        pmu: 'PMU',
        Value: 'Exporters',
      },
    },
  );
}

export function misses(): Panel[] {
  return [cacheMisses(), branchMisses(), cacheLevels(), models()];
}
