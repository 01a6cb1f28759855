import { describe, expect, it } from 'vitest';
import type { Bounce } from '../ports/deliveryEvidence.ts';
import type { BouncedMail } from '../ports/evidenceDesk.ts';
import { aboutSoMany, bouncedAlert, delayedAlert, returnedReceiptAlert } from './evidenceWords.ts';

const mail = (bounce: Bounce, fields: Partial<BouncedMail> = {}): BouncedMail => ({
  evidenceId: 'e',
  mailId: 'm',
  kind: 'receipt',
  provider: 'smtp',
  bounce,
  toAddress: 'wanda.nowicka@gmial.com',
  payment: { id: 'p', orderId: 'ORD-1', paid: true, takenBack: false },
  jobId: 'j',
  order: null,
  mended: false,
  cameBack: [],
  onItsWay: false,
  ...fields,
});

const gaveUp = 'the sending server gave up after retrying';
const resend = 'Mend: fulfillment orders resend-receipt ORD-1, or set-recipient';
const correct = 'Mend: fulfillment orders set-recipient ORD-1';

describe('an alert of a mail that came back for good', () => {
  it.each<[Bounce, string, 'suggests' | 'suggests nothing', string]>([
    [
      { permanence: 'hard', cause: 'address', status: '5.1.1' },
      'there is no such mailbox (5.1.1)',
      'suggests',
      correct,
    ],
    [
      { permanence: 'hard', cause: 'unknown', status: '4.4.7' },
      `${gaveUp} (4.4.7)`,
      'suggests nothing',
      resend,
    ],
    [{ permanence: 'hard', cause: 'unknown', status: '4.4.3' }, `${gaveUp} (4.4.3)`, 'suggests', resend],
    [
      { permanence: 'hard', cause: 'mailbox_full', status: '4.2.2' },
      `the mailbox is full, and ${gaveUp} (4.2.2)`,
      'suggests nothing',
      resend,
    ],
    [
      { permanence: 'hard', cause: 'policy', status: '5.7.1' },
      'the other side does not want it from this sender (5.7.1)',
      'suggests nothing',
      resend,
    ],
    [{ permanence: 'hard', cause: 'unknown' }, 'nobody says why', 'suggests nothing', correct],
  ])('with %j says "%s" and %s another domain', (bounce, why, suggests, mend) => {
    const alert = bouncedAlert(mail(bounce), false);
    expect(alert.summary).toContain(`The receipt mail of order ORD-1 came back: ${why}.`);
    expect(alert.summary.includes('looks mistyped: gmail.com')).toBe(suggests === 'suggests');
    expect(alert.data?.['suggestedDomain']).toBe(suggests === 'suggests' ? 'gmail.com' : undefined);
    expect(alert.summary).toContain(mend);
    expect(returnedReceiptAlert(mail(bounce)).summary).toContain(why);
    expect(JSON.stringify(alert)).not.toMatch(/wanda|nowicka|gmial/);
  });
});

describe('an alert of a mail that is put off', () => {
  it('does not say that anybody has given up', () => {
    const about = { orderId: 'ORD-1', kind: 'refund', jobId: 'j' } as const;
    const full = delayedAlert({ ...about, cause: 'mailbox_full', status: '4.2.2' });
    expect(full.summary).toMatch(
      /^The refund mail of order ORD-1 is put off \(the mailbox is full \(4\.2\.2\)\)/,
    );
    expect(full.data).toEqual({ audience: ['support'], status: '4.2.2' });
    const silent = delayedAlert({ ...about, kind: 'receipt', cause: null, status: null });
    expect(silent.summary).toMatch(/^The receipt mail of order ORD-1 is put off and has not arrived/);
    expect(silent.data).toEqual({ audience: ['lifecycle', 'support'] });
    expect(`${full.summary} ${silent.summary}`).not.toMatch(/gave up|no such mailbox/);
  });
});

describe('a count in an alert', () => {
  it.each([
    [1, '1'],
    [10, '10'],
    [11, 'at least 10'],
    [49, 'at least 20'],
    [99, 'at least 50'],
    [100, 'at least 100'],
    [199, 'at least 100'],
    [2_000, 'at least 2000'],
    [4_999, 'at least 2000'],
  ])('of %i is %s, so that it stays the same for a while', (count, text) => {
    expect(aboutSoMany(count)).toBe(text);
  });
});
