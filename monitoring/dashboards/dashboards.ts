import { alertingHealth } from './alerting.ts';
import { workersAndDatabase } from './house.ts';
import { intakeAndReconciliation } from './intake.ts';
import { overview } from './overview.ts';
import type { DashboardSpec } from './panel.ts';
import { stepsAndProviders } from './steps.ts';

/** All dashboards, in the order in which they are looked at. */
export const dashboards: readonly DashboardSpec[] = [
  overview,
  stepsAndProviders,
  intakeAndReconciliation,
  workersAndDatabase,
  alertingHealth,
];
