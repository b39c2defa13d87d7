// What the exporters themselves take.
import * as units from '@grafana/grafana-foundation-sdk/units';
import { lines, type Panel } from '../panels';
import { family, NODE, NODE_NAME, ofExporters, processRate } from '../queries';

const by = `max by (${NODE.join(', ')})`;

function cpu(): Panel {
  return lines({
    title: 'CPU time of the exporter',
    shows: 'How much of one CPU each exporter uses.',
    computed: 'The rate of `process_cpu_seconds_total`, of exporters alone.',
    judge: 'Far below 1 %. It grows with the number of CPUs and of groups of events, and with the rate of scrapes.',
    unit: units.PercentUnit,
    queries: [{ expression: `${by} (${processRate('process_cpu_seconds_total')})`, legend: NODE_NAME }],
    width: 6,
    min: 0,
    thresholds: [[null, 'green'], [0.01, 'yellow'], [0.05, 'orange']],
  });
}

function memory(): Panel {
  return lines({
    title: 'Memory of the exporter',
    shows: 'Resident memory of each exporter.',
    computed: '`process_resident_memory_bytes`, of exporters alone.',
    judge: 'Flat, at some 10 MiB on small machines. A steady rise would be a leak.',
    unit: units.BytesIEC,
    queries: [{ expression: `${by} (${ofExporters(family('process_resident_memory_bytes'))})`, legend: NODE_NAME }],
    width: 6,
    min: 0,
  });
}

function descriptors(): Panel {
  const share = `${family('process_open_fds')} / ${family('process_max_fds')}`;
  return lines({
    title: 'Descriptors in use',
    shows:
      'Which share of the file descriptors that it may have each exporter holds: one for each event on each CPU.',
    computed: '`process_open_fds` divided by `process_max_fds`, of exporters alone.',
    judge: 'At 100 % events are left out (finding `descriptor_limit`): raise LimitNOFILE, or count less.',
    unit: units.PercentUnit,
    queries: [{ expression: `${by} (${ofExporters(share)})`, legend: NODE_NAME }],
    width: 6,
    min: 0,
    thresholds: [[null, 'green'], [0.8, 'yellow'], [0.95, 'red']],
  });
}

function scrapes(): Panel {
  return lines({
    title: 'Duration of scrapes',
    shows: 'How long a scrape of each exporter takes, and how much of it is the reading of counters.',
    computed:
      '`scrape_duration_seconds` of Prometheus; `perf_exporter_collector_duration_seconds` of the slowest ' +
      'collector.',
    judge:
      'Milliseconds. Reads alone that are long tell of many groups or of CPUs deep asleep; the rest is the network.',
    unit: units.Seconds,
    queries: [
      { expression: `${by} (${ofExporters(family('scrape_duration_seconds'))})`, legend: `${NODE_NAME} scrape` },
      { expression: `${by} (${family('perf_exporter_collector_duration_seconds')})`, legend: `${NODE_NAME} reads` },
    ],
    width: 6,
    min: 0,
    thresholds: [[null, 'green'], [1, 'yellow'], [5, 'red']],
  });
}

export function cost(): Panel[] {
  return [cpu(), memory(), descriptors(), scrapes()];
}
