import type { DashboardUid } from '../rules/rule.ts';

/** What an expression gives for the seeded series of test/monitoring/seeds.ts, by the labels of the result. */
export type Returns = Readonly<Record<string, number>>;

export interface Target {
  expr: string;
  /** Name of a series in the legend. */
  legend: string;
  returns: Returns;
}

export type Color = 'green' | 'yellow' | 'red';

/** Colours from values on. */
export type Thresholds = ReadonlyArray<readonly [from: number, color: Color]>;

export interface PanelSpec {
  title: string;
  /** For whoever sees it for the first time. */
  description: string;
  /** `number`: how it is now; `time`: how it went. */
  kind: 'number' | 'time';
  unit: Unit;
  /** Of 24 columns. */
  width: number;
  /** Section of the runbook that tells what to do. */
  rule: string;
  thresholds?: Thresholds;
  /** Colour below the first threshold: good, unless told otherwise. */
  below?: Color;
  /** What stands there where there is nothing to show. */
  none?: string;
  targets: readonly Target[];
}

export interface RowSpec {
  title: string;
  panels: readonly PanelSpec[];
}

export interface DashboardSpec {
  uid: DashboardUid;
  title: string;
  description: string;
  /** Labels that one may choose among, of all values. */
  choices?: ReadonlyArray<{ name: string; label: string; from: string }>;
  rows: readonly RowSpec[];
}

/** Units by Grafana's names. */
export const units = {
  count: 'short',
  seconds: 's',
  share: 'percentunit',
  perSecond: 'ops',
  bytes: 'bytes',
  yesNo: 'bool_yes_no',
  state: 'none',
} as const;
export type Unit = (typeof units)[keyof typeof units];
