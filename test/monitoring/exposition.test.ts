import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { createMetrics } from '../../src/telemetry/metrics.ts';
import { missing } from './tools.ts';

it.skipIf(missing !== '')(`what /metrics shows is as promtool wants it${missing}`, async () => {
  const metrics = createMetrics({
    steps: ['email', 'receipt'],
    providers: ['stripe', 'smtp'],
    sources: ['journal'],
    version: '1.2.3',
    readTruth: () => Promise.reject(new Error('not here')),
  });
  metrics.observe({ name: 'job.completed', jobId: 'j', kind: 'fulfil', latencySeconds: 3, slaMet: true });
  const { body } = await metrics.render();
  const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], {
    input: body,
    encoding: 'utf8',
  });
  expect([status, stdout, stderr]).toEqual([0, '', '']);
  // And it would say so.
  const wrong = body.replace(/^# HELP fulfillment_jobs_in_hand .*\n/m, '');
  expect(spawnSync('promtool', ['check', 'metrics'], { input: wrong }).status).not.toBe(0);
});
