import type { MetricDefinition } from './metrics/definition.ts';
import { houseMetrics } from './metrics/houseMetrics.ts';
import { intakeMetrics } from './metrics/intakeMetrics.ts';
import { jobMetrics } from './metrics/jobMetrics.ts';
import { outsideMetrics } from './metrics/outsideMetrics.ts';

/** All metrics of the product: nothing is counted or shown under a name that is not here. */
export const metricRegistry = { ...jobMetrics, ...outsideMetrics, ...intakeMetrics, ...houseMetrics };

export type MetricName = keyof typeof metricRegistry;

type NameOf<Type extends MetricDefinition['type']> = {
  [Name in MetricName]: (typeof metricRegistry)[Name]['type'] extends Type ? Name : never;
}[MetricName];

export type GaugeName = NameOf<'gauge'>;
export type CounterName = NameOf<'counter'>;
export type HistogramName = NameOf<'histogram'>;
export type LabelsOf<Name extends MetricName> = Record<keyof (typeof metricRegistry)[Name]['labels'], string>;
