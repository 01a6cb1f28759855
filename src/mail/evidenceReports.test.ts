import { describe, expect, it } from 'vitest';
import { createFixedClock } from '../../test/fakes/fixedClock.ts';
import { createRecordingTelemetry } from '../../test/fakes/recordingTelemetry.ts';
import type { AlertToKeep } from '../ports/alertBook.ts';
import type { DeliveryEvidence, DeliveryReading, DeliveryReport } from '../ports/deliveryEvidence.ts';
import { createReceiveReport } from './evidenceReports.ts';

const evidence: DeliveryEvidence = {
  provider: 'resend',
  source: 'resend_webhook',
  eventId: 'msg_1',
  kind: 'delivered',
  reference: 'em_1',
  at: new Date('2026-11-22T10:00:00Z'),
};

function receiving(
  reading: DeliveryReading,
  note: () => Promise<{ woken: number }> = async () => ({ woken: 0 }),
) {
  const telemetry = createRecordingTelemetry();
  const read: DeliveryReport[] = [];
  const noted: DeliveryEvidence[] = [];
  const alerts: AlertToKeep[] = [];
  let woken = 0;
  const receive = createReceiveReport({
    readers: [
      {
        provider: 'resend',
        read: (report) => {
          read.push(report);
          return reading;
        },
      },
    ],
    notes: {
      note: async (given) => {
        const { woken: jobs } = await note();
        noted.push(...given);
        return {
          heard: given.map(({ source, kind }) => ({ source, kind, count: 1 })),
          matched: 1,
          woken: jobs,
        };
      },
    },
    alerts: {
      keep: async (_rule, _scopes, holding) => {
        alerts.push(...holding);
        return holding.map((alert) => ({ ...alert, change: 'opened' as const }));
      },
    },
    telemetry,
    clock: createFixedClock(),
    onWork: () => void (woken += 1),
  });
  const report = { headers: { 'svix-id': 'msg_1' }, body: new Uint8Array([1]) };
  return {
    take: (provider = 'resend') => receive(provider, report),
    telemetry,
    read,
    noted,
    alerts,
    woken: () => woken,
  };
}

describe('a delivery report', () => {
  it('is read with its headers and the time it came, and what it says is kept', async () => {
    const one = receiving({ kind: 'evidence', evidence: [evidence] }, async () => ({ woken: 1 }));
    expect(await one.take()).toBe('taken');
    expect(one.read).toEqual([
      {
        headers: { 'svix-id': 'msg_1' },
        body: new Uint8Array([1]),
        receivedAt: new Date('2026-11-22T10:00:00Z'),
      },
    ]);
    expect(one.noted).toEqual([evidence]);
    expect(one.telemetry.events).toEqual([
      { name: 'mail.evidence', source: 'resend_webhook', kind: 'delivered', count: 1 },
    ]);
    expect(one.woken()).toBe(1);
  });

  it('is not taken when it could not be kept', async () => {
    const one = receiving({ kind: 'evidence', evidence: [evidence] }, () =>
      Promise.reject(new Error('down')),
    );
    await expect(one.take()).rejects.toThrow('down');
    expect(one.telemetry.events).toEqual([]);
  });

  it('that is not signed is told to the log alone', async () => {
    const one = receiving({ kind: 'refused', reason: 'signature_missing' });
    expect(await one.take()).toBe('refused');
    expect(one.telemetry.events).toEqual([
      { name: 'mail.report_refused', provider: 'resend', outcome: 'refused', reason: 'signature_missing' },
    ]);
    expect(one.alerts).toEqual([]);
  });

  it('that is signed with another secret has people told, but not at each of many', async () => {
    const one = receiving({ kind: 'refused', reason: 'signature_mismatch' });
    expect([await one.take(), await one.take()]).toEqual(['refused', 'refused']);
    expect(one.alerts).toMatchObject([{ rule: 'mail_report_refused', scope: 'resend', severity: 'ticket' }]);
    expect(one.noted).toEqual([]);
  });

  it('that is signed and not understood has people told', async () => {
    const one = receiving({ kind: 'unreadable', reason: 'not_an_event' });
    expect(await one.take()).toBe('unreadable');
    expect(one.alerts).toMatchObject([
      { rule: 'mail_report_unreadable', scope: 'resend', severity: 'ticket' },
    ]);
    expect(one.telemetry.events.map(({ name }) => name)).toEqual(['mail.report_refused', 'alert.changed']);
    expect(one.noted).toEqual([]);
  });

  it('of a provider that is not configured is not even read', async () => {
    const one = receiving({ kind: 'evidence', evidence: [evidence] });
    expect(await one.take('novu')).toBe('unknown');
    expect(one.read).toEqual([]);
  });
});
