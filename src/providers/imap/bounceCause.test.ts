import { describe, expect, it } from 'vitest';
import { bounceOf, type FailedRecipient } from './bounceCause.ts';

describe('what a failure means, which is final whatever the class of its code', () => {
  it.each([
    ['5.1.0', 'hard', 'address'],
    ['5.1.1', 'hard', 'address'],
    ['5.1.2', 'hard', 'address'],
    ['5.1.3', 'hard', 'address'],
    ['5.1.6', 'hard', 'address'],
    ['5.1.7', 'hard', 'policy'],
    ['5.1.8', 'hard', 'policy'],
    ['5.1.10', 'hard', 'address'],
    ['5.2.0', 'hard', 'unknown'],
    ['5.2.1', 'hard', 'address'],
    ['5.2.2', 'hard', 'mailbox_full'],
    ['5.2.3', 'hard', 'content'],
    ['5.2.4', 'hard', 'unknown'],
    ['5.3.0', 'hard', 'unknown'],
    ['5.3.4', 'hard', 'content'],
    ['5.4.1', 'hard', 'unknown'],
    ['5.4.4', 'hard', 'address'],
    ['5.4.6', 'hard', 'unknown'],
    ['5.5.0', 'hard', 'unknown'],
    ['5.6.0', 'hard', 'content'],
    ['5.7.1', 'hard', 'policy'],
    ['5.7.26', 'hard', 'policy'],
    ['4.1.1', 'hard', 'unknown'],
    ['4.2.1', 'hard', 'unknown'],
    ['4.2.2', 'hard', 'mailbox_full'],
    ['4.4.1', 'hard', 'unknown'],
    ['4.4.7', 'hard', 'unknown'],
    ['4.7.0', 'hard', 'policy'],
  ])('status %s is %s, %s', (status, permanence, cause) => {
    expect(bounceOf({ status })).toEqual({ permanence, cause, status });
  });

  it.each<[FailedRecipient, object]>([
    // What the other side said is more than "other".
    [
      { status: '5.0.0', diagnosticCode: 'smtp; 550 5.7.1 no' },
      { permanence: 'hard', cause: 'policy', status: '5.7.1' },
    ],
    [
      { status: '5.0.0', diagnosticCode: 'smtp; 451 4.2.2 full' },
      { permanence: 'hard', cause: 'mailbox_full', status: '4.2.2' },
    ],
    [
      { status: '5.0.0', diagnosticCode: 'smtp; 550 no' },
      { permanence: 'hard', cause: 'unknown', status: '5.0.0' },
    ],
    [
      { status: '5.1.1 (bad)', diagnosticCode: 'smtp; 550 5.7.1' },
      { permanence: 'hard', cause: 'address', status: '5.1.1' },
    ],
    [
      { diagnosticCode: 'smtp; 550-5.1.1 no\n 550 5.1.1' },
      { permanence: 'hard', cause: 'address', status: '5.1.1' },
    ],
    [{ diagnosticCode: 'smtp; 550 #5.1.1 no' }, { permanence: 'hard', cause: 'address', status: '5.1.1' }],
    [{ diagnosticCode: 'smtp; 452 full' }, { permanence: 'hard', cause: 'unknown', status: '4.0.0' }],
    // An address of a host is no status.
    [{ diagnosticCode: 'smtp; 550 refused by 5.1.1.1' }, { permanence: 'hard', cause: 'unknown' }],
    [{ diagnosticCode: 'smtp; 550 refused by 195.1.1.1' }, { permanence: 'hard', cause: 'unknown' }],
    // A failure whose status says success, or nothing that is a status.
    [{ status: '2.0.0' }, { permanence: 'hard', cause: 'unknown' }],
    [{ status: '5.1' }, { permanence: 'hard', cause: 'unknown' }],
    [{ status: '5.1.1111' }, { permanence: 'hard', cause: 'unknown' }],
    [{ status: 'jan@example.pl' }, { permanence: 'hard', cause: 'unknown' }],
    [{}, { permanence: 'hard', cause: 'unknown' }],
  ])('%j is %j', (recipient, bounce) => {
    expect(bounceOf(recipient)).toEqual(bounce);
  });
});
