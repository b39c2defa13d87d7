// Whether the numbers are counts or estimates, and which events have none.
import * as units from '@grafana/grafana-foundation-sdk/units';
import { colouredWords, lines, type Panel, rows, words } from '../panels';
import { countingShare, family, increase, NODE, NODE_NAME, sumBy } from '../queries';

function share(): Panel {
  return lines({
    title: 'Time with counters by group',
    shows: 'For which share of the time a group of events had hardware counters.',
    computed:
      'Running time divided by enabled time of each group, over the CPUs of a node. `group` is its first event.',
    judge:
      '100 %: the numbers are counts. Less: there are fewer counters than events, they take turns, and the numbers ' +
      'are scaled estimates; below 25 % they are rough. Fewer collectors help, and an NMI watchdog that is off.',
    unit: units.PercentUnit,
    queries: [{ expression: countingShare([...NODE, 'group']), legend: `${NODE_NAME} {{group}}` }],
    width: 12,
    min: 0,
    max: 1,
    thresholds: [[null, 'red'], [0.25, 'orange'], [0.75, 'yellow'], [0.999, 'green']],
  });
}

const STATUS = words({
  counting: ['counting', 'green'],
  multiplexed: ['multiplexed: an estimate', 'yellow'],
  starved: ['starved: gets next to no counter', 'orange'],
  unsupported: ['unsupported: not on this PMU', 'text'],
  refused: ['refused: see the findings', 'red'],
  busy: ['busy: held by another', 'orange'],
  silent: ['silent: opens and never moves', 'orange'],
  untrusted: ['untrusted: counted wrong', 'red'],
  untried: ['untried: see the findings', 'red'],
});

function statuses(): Panel {
  const labels = 'event, scope, status';
  const present = `${family('perf_exporter_event_cpus')} > 0`;
  return rows(
    {
      title: 'Events by status',
      shows: 'For each event, on how many CPUs of how many exporters it has which status.',
      computed: '`perf_exporter_event_cpus` of the chosen exporters, summed; statuses without a CPU are left out.',
      judge:
        'Only `counting` and `multiplexed` have data. An event in another status is absent from every other panel.',
      unit: units.Short,
      queries: [
        { expression: `sum by (${labels}) (${present})` },
        { expression: `count by (${labels}) (${present})` },
      ],
      width: 12,
    },
    {
      headings: { event: 'Event', scope: 'Scope', status: 'Status', 'Value #A': 'CPUs', 'Value #B': 'Exporters' },
      sortBy: { column: 'Status', descending: true },
    },
  ).overrideByName('Status', colouredWords(STATUS));
}

function troubles(): Panel {
  return lines({
    title: 'Reads that failed, CPUs opened anew',
    shows: 'How often a read of a group failed, and how often a CPU had its events opened again.',
    computed: 'The increase of `perf_exporter_read_failures_total` and `perf_exporter_reopenings_total`.',
    judge:
      'Both stay at 0. A reopening follows a suspend, a CPU that went and came back, or groups that were split ' +
      'because counters were short; a failed read leaves a gap.',
    unit: units.Short,
    queries: [
      { expression: sumBy(NODE, increase('perf_exporter_read_failures_total')), legend: `${NODE_NAME} failed reads` },
      { expression: sumBy(NODE, increase('perf_exporter_reopenings_total')), legend: `${NODE_NAME} reopened` },
    ],
    width: 12,
    min: 0,
  });
}

function collectors(): Panel {
  return lines({
    title: 'Collectors that deliver',
    shows: 'On which share of the chosen exporters each collector delivered data at the last scrape.',
    computed: 'The mean of `perf_exporter_collector_success` by collector.',
    judge:
      '100 %, or 0 % for the hardware collectors of machines without a PMU. A fall is a collector that has just ' +
      'lost its data.',
    unit: units.PercentUnit,
    queries: [
      { expression: `avg by (collector) (${family('perf_exporter_collector_success')})`, legend: '{{collector}}' },
    ],
    width: 12,
    min: 0,
    max: 1,
  });
}

export function truth(): Panel[] {
  return [share(), statuses(), collectors(), troubles()];
}
