import { describe, expect, it } from 'vitest';
import { createRecordingTelemetry } from '../../test/fakes/recordingTelemetry.ts';
import { Fault } from '../domain/fault.ts';
import { faultOf } from './faults.ts';

const away = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
const surroundings = () => ({
  telemetry: createRecordingTelemetry(),
  store: { isUnavailable: (error: unknown) => error === away },
});

describe('what a step threw', () => {
  it('is a passing fault and no bug when it was the database that is away', () => {
    const { telemetry, store } = surroundings();
    expect(faultOf(away, 'storage', { telemetry, store })).toMatchObject({
      kind: 'transient',
      reason: 'database_unavailable',
    });
    expect(telemetry.of('database.unavailable')).toEqual([
      { name: 'database.unavailable', during: 'storage', error: 'Error ECONNREFUSED' },
    ]);
    expect(telemetry.of('unexpected.error')).toEqual([]);
  });

  it('is told as a bug when nobody knows it', () => {
    const { telemetry, store } = surroundings();
    const bug = new TypeError('x is not a function');
    expect(faultOf(bug, 'storage', { telemetry, store })).toMatchObject({ reason: 'unexpected_error' });
    expect(telemetry.of('unexpected.error')).toMatchObject([{ during: 'storage', error: 'TypeError' }]);
  });

  it('is left as it is when an adapter has classified it', () => {
    const { telemetry, store } = surroundings();
    const fault = new Fault({ kind: 'permanent', reason: 'mailbox_refused', message: 'No.' });
    expect(faultOf(fault, 'smtp', { telemetry, store })).toBe(fault);
    expect(telemetry.of('unexpected.error')).toEqual([]);
  });
});
