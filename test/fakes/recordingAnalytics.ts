import type { Analytics, AnalyticsEvent } from '../../src/ports/analytics.ts';
import { createFaultScript } from './faultScript.ts';
import type { FaultScript } from './faultScript.ts';

export interface RecordingAnalytics extends Analytics, Pick<FaultScript, 'fail' | 'failAlways'> {
  readonly events: AnalyticsEvent[];
}

/** Analytics that remembers what it took, doubles included. */
export function createRecordingAnalytics(name = 'memory'): RecordingAnalytics {
  const script = createFaultScript();
  const events: AnalyticsEvent[] = [];
  return {
    name,
    events,
    fail: script.fail,
    failAlways: script.failAlways,
    track: async (event) => {
      script.check();
      events.push(event);
    },
  };
}
