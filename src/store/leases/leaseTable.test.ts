import { describe, expect, it } from 'vitest';
import { leaseTableMemory, ownLeaseTable, readLeaseTable } from './leaseTable.ts';

const jobId = (n: number) => `0190a1b2-c3d4-7e5f-8a9b-${String(n).padStart(12, '0')}`;
const largest = 9_223_372_036_854_775_807n;

function bothSides() {
  const memory = leaseTableMemory();
  return { own: ownLeaseTable(memory), thread: readLeaseTable(memory) };
}

describe('the table of leases', () => {
  it('shows the thread what is kept, and nothing that was released', () => {
    const { own, thread } = bothSides();
    const first = own.keep({ jobId: jobId(1), token: 1n });
    own.keep({ jobId: jobId(2), token: largest });
    own.release(first);
    own.keep({ jobId: jobId(3), token: 5n });
    expect(thread.held().map(({ jobId: id, token }) => [id, token])).toEqual([
      [jobId(3), 5n],
      [jobId(2), largest],
    ]);
  });

  it('says until when the thread has extended a lease, and nothing before it has', () => {
    const { own, thread } = bothSides();
    const at = own.keep({ jobId: jobId(1), token: 1n });
    expect(own.extendedUntilMs(at)).toBeUndefined();
    thread.extended(at, 123_456_789.125);
    expect(own.extendedUntilMs(at)).toBe(123_456_789.125);
  });

  it('never takes the thread’s late word about one lease for the next one in its place', () => {
    const { own, thread } = bothSides();
    const first = own.keep({ jobId: jobId(1), token: 1n });
    const [seen] = thread.held();
    own.release(first);
    const second = own.keep({ jobId: jobId(2), token: 1n });
    expect(second.slot).toBe(first.slot);
    if (seen) thread.extended(seen, 1_000);
    expect(own.extendedUntilMs(second)).toBeUndefined();
    expect(own.leaseAt(first)).toBeUndefined();
    expect(own.leaseAt(second)).toMatchObject({ jobId: jobId(2) });
  });

  it('is not harmed by a lease that is released twice', () => {
    const { own, thread } = bothSides();
    const first = own.keep({ jobId: jobId(1), token: 1n });
    own.release(first);
    own.release(first);
    own.keep({ jobId: jobId(2), token: 1n });
    own.keep({ jobId: jobId(3), token: 1n });
    own.release(first);
    expect(thread.held().map((lease) => lease.jobId)).toEqual([jobId(2), jobId(3)]);
  });

  it('has room for thousands, and refuses what does not fit', () => {
    const { own, thread } = bothSides();
    const fill = () => {
      for (let n = 0; ; n += 1) own.keep({ jobId: jobId(n), token: BigInt(n) });
    };
    expect(fill).toThrow(RangeError);
    const held = thread.held();
    expect(held.length).toBeGreaterThan(10_000);
    expect(held.at(-1)).toMatchObject({ jobId: jobId(held.length - 1), token: BigInt(held.length - 1) });
  });

  it('lets each side see when the other was last alive', () => {
    const { own, thread } = bothSides();
    own.signOfLife(11.5);
    thread.signOfLife(12.25);
    expect([thread.ownerSeenMs(), own.threadSeenMs()]).toEqual([11.5, 12.25]);
  });
});
