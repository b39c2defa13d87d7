// Instructions per cycle, and what it is made of.
import * as units from '@grafana/grafana-foundation-sdk/units';
import { cells, lines, type Panel } from '../panels';
import { NODE, NODE_NAME, rate, ratio, ratioByCpu, ratioByPmu, sumBy } from '../queries';

const IPC_THRESHOLDS: [number | null, string][] = [[null, 'orange'], [0.5, 'yellow'], [1, 'green']];

function byNode(): Panel {
  return lines({
    title: 'IPC by node',
    shows: 'Instructions per cycle of each node.',
    computed:
      'Instructions divided by cycles, both summed over the CPUs on which both are counted. The exporter counts the ' +
      'two over the same instants (one group), so that the ratio is true also where counters are shared.',
    judge:
      'Above 1 is good for most server loads; below 0.5 the CPUs wait, mostly for memory. A fall under the same load ' +
      'tells of contention or of worse code. An idle node has few instructions, and its IPC says little.',
    unit: units.Short,
    queries: [{ expression: ratio('instructions', 'cycles', NODE), legend: NODE_NAME }],
    width: 12,
    min: 0,
    thresholds: IPC_THRESHOLDS,
  });
}

function byCpu(): Panel {
  return cells(
    {
      title: 'IPC by CPU of $cpu_instance',
      shows: 'Instructions per cycle of every CPU of one node, chosen above as "CPUs of".',
      computed: 'Instructions divided by cycles of each CPU. A CPU that is offline or not counted has no cells.',
      judge:
        'Rows that stay low beside high ones (see the scale of colours): work that waits for memory, or a core type ' +
        'that is slower by nature. Empty with `--aggregate package` or `node`, which do not keep the CPUs apart.',
      unit: units.Short,
      queries: [{ expression: ratioByCpu('instructions', 'cycles'), legend: '{{cpu}}' }],
      width: 12,
      min: 0,
      max: 3,
    },
    'CPU',
  );
}

function cycles(): Panel {
  return lines({
    title: 'Cycles by node',
    shows: 'Cycles per second, summed over the CPUs of each node: how fast and how busy they are at once.',
    computed: 'The rate of cycles. A CPU that sleeps has none.',
    judge:
      'The ceiling is the number of CPUs times their highest frequency. Far below it the node is idle, or its CPUs ' +
      'are throttled: `ref_cycles` stands for the time at a constant frequency.',
    unit: units.Hertz,
    queries: [{ expression: sumBy(NODE, rate('cycles')), legend: NODE_NAME }],
    width: 8,
    min: 0,
  });
}

function instructions(): Panel {
  return lines({
    title: 'Instructions by node',
    shows: 'Retired instructions per second, summed over the CPUs of each node: the work that was done.',
    computed: 'The rate of instructions.',
    judge: 'Read it beside the cycles: more cycles for the same instructions is a falling IPC.',
    unit: 'si:instr/s',
    queries: [{ expression: sumBy(NODE, rate('instructions')), legend: NODE_NAME }],
    width: 8,
    min: 0,
  });
}

function byCoreType(): Panel {
  return lines({
    title: 'IPC by core type',
    shows:
      'Instructions per cycle of each core PMU of each node: on hybrid machines P and E cores, or big and LITTLE.',
    computed: 'As by node, with the PMU of each CPU from `perf_cpu_info`. Not with `--aggregate package` or `node`.',
    judge:
      'Core types differ by design, so that an IPC of the whole node moves when work moves between them. Other ' +
      'machines have one line for each node.',
    unit: units.Short,
    queries: [{ expression: ratioByPmu('instructions', 'cycles'), legend: `${NODE_NAME} {{pmu}}` }],
    width: 8,
    min: 0,
  });
}

export function ipc(): Panel[] {
  return [byNode(), byCpu(), cycles(), instructions(), byCoreType()];
}
