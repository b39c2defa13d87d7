// The row on top: how many exporters answer, what they count, and whether it is true.
import * as units from '@grafana/grafana-foundation-sdk/units';
import { type Panel, value } from '../panels';
import { countingShare, family, ratio, sumBy, upOfExporters } from '../queries';

function exporters(): Panel {
  return value({
    title: 'Exporters',
    shows: 'How many exporters the last scrape reached, and how many it did not.',
    computed: '`up` of every target that was an exporter at any time of the range shown.',
    judge: 'Down should be 0. A pod whose capability is refused does not start at all: see the log of its preflight.',
    unit: units.Short,
    queries: [
      { expression: `sum(${upOfExporters()})`, legend: 'up' },
      { expression: `sum(1 - (${upOfExporters()}))`, legend: 'down' },
    ],
    width: 5,
    thresholds: [[null, 'text']],
  }).overrideByName('down', [
    {
      id: 'thresholds',
      value: { mode: 'absolute', steps: [{ value: null, color: 'green' }, { value: 1, color: 'red' }] },
    },
  ]);
}

function ipc(): Panel {
  return value({
    title: 'Instructions per cycle',
    shows: 'How many instructions a cycle completes, over all chosen nodes.',
    computed: 'Instructions divided by cycles, both summed over the CPUs on which both are counted.',
    judge:
      'Above 1 is good for most server loads. Below 0.5 the CPUs wait, mostly for memory. What is normal depends on ' +
      'the CPU and the load: compare with yesterday rather than with another machine.',
    unit: units.Short,
    queries: [{ expression: ratio('instructions', 'cycles', []), legend: 'IPC' }],
    width: 5,
    thresholds: [[null, 'orange'], [0.5, 'yellow'], [1, 'green']],
  }).decimals(2);
}

const SEVERITY_COLORS = { fail: 'red', warn: 'orange', ok: 'green' };

function findings(): Panel {
  const bySeverity = sumBy(['severity'], `max by (job, instance, severity) (${family('perf_exporter_finding')})`);
  const panel = value({
    title: 'Exporters by finding',
    shows:
      'On how many exporters the permission probe has a finding of each severity; one exporter may have several.',
    computed: 'Exporters with at least one `perf_exporter_finding` of that severity.',
    judge:
      '`fail`: something wanted is refused, and its data is missing. `warn`: less is counted than was asked for. ' +
      'Permission health below says what and where.',
    unit: units.Short,
    queries: [{ expression: bySeverity, legend: '{{severity}}' }],
    width: 5,
    thresholds: [[null, 'text']],
  });
  for (const [severity, fixedColor] of Object.entries(SEVERITY_COLORS)) {
    panel.overrideByName(severity, [{ id: 'color', value: { mode: 'fixed', fixedColor } }]);
  }
  return panel;
}

function countedEvents(): Panel {
  const counted = sumBy([], family('perf_exporter_event_cpus', 'status=~"counting|multiplexed"'));
  return value({
    title: 'Wanted events that count',
    shows: 'Which share of the wanted events counts, over all CPUs.',
    computed: '`perf_exporter_event_cpus` with the status `counting` or `multiplexed`, divided by that of all.',
    judge: '100 % where every event is to be had. Less is normal where a PMU lacks an event, or there is no PMU.',
    unit: units.PercentUnit,
    queries: [{ expression: `${counted} / ${sumBy([], family('perf_exporter_event_cpus'))}`, legend: 'counted' }],
    width: 5,
    min: 0,
    max: 1,
    thresholds: [[null, 'red'], [0.25, 'orange'], [0.9, 'green']],
  });
}

function worstShare(): Panel {
  return value({
    title: 'Least time with counters',
    shows:
      'The smallest share of its time for which a group of events had hardware counters, of all nodes and groups.',
    computed: 'Running time divided by enabled time of each group on each node; of these the least.',
    judge:
      '100 %: every number is a count. Less: the kernel multiplexed, and the numbers of that group are estimates.',
    unit: units.PercentUnit,
    queries: [{ expression: `min(${countingShare(['job', 'instance', 'group'])})`, legend: 'least' }],
    width: 4,
    min: 0,
    max: 1,
    thresholds: [[null, 'red'], [0.25, 'orange'], [0.75, 'yellow'], [0.999, 'green']],
  });
}

export function summary(): Panel[] {
  return [exporters(), ipc(), findings(), countedEvents(), worstShare()];
}
