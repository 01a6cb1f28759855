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

function receiving(reading: DeliveryReading, keep: () => Promise<void> = async () => undefined) {
  const telemetry = createRecordingTelemetry();
  const read: DeliveryReport[] = [];
  const kept: Array<[string, readonly DeliveryEvidence[]]> = [];
  const alerts: AlertToKeep[] = [];
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
    door: {
      accept: async (provider, given) => {
        await keep();
        kept.push([provider, given]);
        return given.map(({ source, kind }) => ({ source, kind, count: 1 }));
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
  });
  const report = { headers: { 'svix-id': 'msg_1' }, body: new Uint8Array([1]) };
  return {
    take: (provider = 'resend') => receive(provider, report),
    telemetry,
    read,
    kept,
    alerts,
  };
}

describe('a delivery report', () => {
  it('is read with its headers and the time it came, and what it says is kept', async () => {
    const one = receiving({ kind: 'evidence', evidence: [evidence] });
    expect(await one.take()).toBe('taken');
    expect(one.read).toEqual([
      {
        headers: { 'svix-id': 'msg_1' },
        body: new Uint8Array([1]),
        receivedAt: new Date('2026-11-22T10:00:00Z'),
      },
    ]);
    expect(one.kept).toEqual([['resend', [evidence]]]);
    expect(one.telemetry.events).toEqual([
      { name: 'mail.evidence', source: 'resend_webhook', kind: 'delivered', count: 1 },
    ]);
  });

  it('says that its provider is heard of, also when it is about none of our mails', async () => {
    const one = receiving({ kind: 'evidence', evidence: [] });
    expect(await one.take()).toBe('taken');
    expect(one.kept).toEqual([['resend', []]]);
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
    expect(one.kept).toEqual([]);
  });

  it('that is signed and not understood has people told', async () => {
    const one = receiving({ kind: 'unreadable', reason: 'not_an_event' });
    expect(await one.take()).toBe('unreadable');
    expect(one.alerts).toMatchObject([
      { rule: 'mail_report_unreadable', scope: 'resend', severity: 'ticket' },
    ]);
    expect(one.telemetry.events.map(({ name }) => name)).toEqual(['mail.report_refused', 'alert.changed']);
    expect(one.kept).toEqual([]);
  });

  it('of a provider that is not configured is not even read', async () => {
    const one = receiving({ kind: 'evidence', evidence: [evidence] });
    expect(await one.take('novu')).toBe('unknown');
    expect(one.read).toEqual([]);
  });
});
