// Rows with their panels, each with an id of its own.
import { type DashboardBuilder, RowBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import type { Panel } from './panels';

export interface Section {
  title: string;
  panels: () => Panel[];
}

/** The builder places panels from left to right; ids follow that order, so that a new panel at the end moves none. */
export function layOut(builder: DashboardBuilder, sections: readonly Section[]): DashboardBuilder {
  for (const { title, panels } of sections) {
    builder.withRow(new RowBuilder(title));
    panels().forEach((panel) => builder.withPanel(panel));
  }
  builder.build().panels?.forEach((panel, index) => {
    panel.id = index + 1;
  });
  return builder;
}
