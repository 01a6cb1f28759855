import { expect, it } from 'vitest';
import type { TelemetryEvent } from '../../src/ports/telemetry.ts';
import { createRecordingTelemetry } from './recordingTelemetry.ts';
import { takeStrange } from './strangeEvents.ts';

it.each<[string, object, string[]]>([
  ['a plain one', { name: 'job.blocked', jobId: 'j', reason: 'no_email' }, []],
  [
    'one with an address',
    { name: 'unexpected.error', during: 'claim', error: 'no: jan@shop.example' },
    ['unexpected.error.error is written as "no: [address]"'],
  ],
  [
    'one with a sentence for a code',
    { name: 'job.blocked', jobId: 'j', reason: 'It is full.' },
    ['job.blocked.reason is written as "[left out]"'],
  ],
  [
    'one with a field that nobody knows',
    { name: 'job.blocked', jobId: 'j', reason: 'r', buyer: 'Jan' },
    ['job.blocked.buyer is written as nothing'],
  ],
])('of events that are emitted in tests, %s is seen for what it is', (_what, event, seen) => {
  createRecordingTelemetry().emit(event as TelemetryEvent);
  expect(takeStrange()).toEqual(seen);
});
