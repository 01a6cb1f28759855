import type { Lease } from '../../ports/jobStore.ts';

/**
 * The leases of a process in memory that it shares with the thread that extends them. Neither side waits for the
 * other: keeping a lease is a write of 64 bytes, and what the thread found out is there before any message is read.
 *
 * A slot belongs to one lease at a time. Its generation is odd while it does and grows at each change, so that the
 * thread's word about an earlier lease is never taken for a later one's. The owner writes all of a slot but the last
 * two cells, which are the thread's.
 */
const slotBytes = 64;
const headBytes = 64;
const idBytes = 36;
const slotsMax = 16_384;

const cells = { ownerSeen: 0, threadSeen: 1, slotsUsed: 4 } as const;
/** In cells of 8 bytes from the slot's beginning. */
const token = 5;
const extendedUntil = 6;
/** In cells of 4 bytes. */
const generation = 9;
const extendedGeneration = 14;
const keptAt = 15;

/** Memory for as many leases as one process may ever hold; what is not used costs nothing. */
export const leaseTableMemory = (): SharedArrayBuffer =>
  new SharedArrayBuffer(headBytes + slotsMax * slotBytes);

/** Where a lease stands in the table. */
export interface LeaseSlot {
  slot: number;
  generation: number;
}

export type TabledLease = Lease & LeaseSlot & { ageMs: number };

/** Times are in milliseconds of the monotonic clock that all threads of a process share. */
export const monotonicMs = (): number => Number(process.hrtime.bigint()) / 1e6;

/** Only whole cells of integers are read and written in one piece. */
const toCell = (ms: number) => BigInt(Math.round(ms * 1000));
const fromCell = (cell: bigint) => Number(cell) / 1000;
/** Whole milliseconds in four bytes: the difference of two of them is right for 24 days. */
const toWrapped = (ms: number) => Math.floor(ms) | 0;

function open(memory: SharedArrayBuffer) {
  return {
    wide: new BigInt64Array(memory),
    narrow: new Int32Array(memory),
    wideAt: (slot: number) => (headBytes + slot * slotBytes) / 8,
    narrowAt: (slot: number) => (headBytes + slot * slotBytes) / 4,
    bytes: Buffer.from(memory),
    bytesAt: (slot: number) => headBytes + slot * slotBytes,
  };
}

/** The table as the worker sees it, which alone keeps and releases leases. */
export function ownLeaseTable(memory: SharedArrayBuffer) {
  const { wide, narrow, wideAt, narrowAt, bytes, bytesAt } = open(memory);
  const leases: Array<Lease | undefined> = [];
  const free: number[] = [];

  const isHeld = (at: LeaseSlot) =>
    leases[at.slot] !== undefined && narrow[narrowAt(at.slot) + generation] === at.generation;

  return {
    /** @throws RangeError when there is no room for another lease */
    keep(lease: Lease, nowMs: number = monotonicMs()): LeaseSlot {
      const slot = free.pop() ?? leases.length;
      if (slot >= slotsMax) throw new RangeError(`A process holds at most ${slotsMax} leases.`);
      leases[slot] = lease;
      bytes.write(lease.jobId, bytesAt(slot), 'latin1');
      wide[wideAt(slot) + token] = lease.token;
      narrow[narrowAt(slot) + keptAt] = toWrapped(nowMs);
      // What was written before this is seen by whoever sees the new generation.
      const now = Atomics.add(narrow, narrowAt(slot) + generation, 1) + 1;
      if (slot >= Atomics.load(narrow, cells.slotsUsed)) Atomics.store(narrow, cells.slotsUsed, slot + 1);
      return { slot, generation: now };
    },
    release(at: LeaseSlot): void {
      if (!isHeld(at)) return;
      Atomics.add(narrow, narrowAt(at.slot) + generation, 1);
      leases[at.slot] = undefined;
      free.push(at.slot);
    },
    /** The lease that stands there, if it is still the same one. */
    leaseAt: (at: LeaseSlot): Lease | undefined => (isHeld(at) ? leases[at.slot] : undefined),
    /** Until when the thread has extended it; undefined when it has not. */
    extendedUntilMs({ slot, generation: mine }: LeaseSlot): number | undefined {
      if (Atomics.load(narrow, narrowAt(slot) + extendedGeneration) !== mine) return undefined;
      return fromCell(Atomics.load(wide, wideAt(slot) + extendedUntil));
    },
    signOfLife: (nowMs: number) => void Atomics.store(wide, cells.ownerSeen, toCell(nowMs)),
    threadSeenMs: () => fromCell(Atomics.load(wide, cells.threadSeen)),
  };
}

/** The table as the thread sees it. */
export function readLeaseTable(memory: SharedArrayBuffer) {
  const { wide, narrow, wideAt, narrowAt, bytes, bytesAt } = open(memory);
  /** When this thread last extended what stands in a slot, and its generation then. */
  const extendedAt = new Map<number, { generation: number; atMs: number }>();

  function ageMs(slot: number, whose: number, nowMs: number): number {
    const extended = extendedAt.get(slot);
    if (extended?.generation === whose) return nowMs - extended.atMs;
    return (toWrapped(nowMs) - (narrow[narrowAt(slot) + keptAt] ?? 0)) | 0;
  }

  function read(slot: number, nowMs: number): TabledLease | undefined {
    const before = Atomics.load(narrow, narrowAt(slot) + generation);
    if (before % 2 === 0) return undefined;
    const jobId = bytes.toString('latin1', bytesAt(slot), bytesAt(slot) + idBytes);
    const lease = {
      jobId,
      token: Atomics.load(wide, wideAt(slot) + token),
      slot,
      generation: before,
      ageMs: ageMs(slot, before, nowMs),
    };
    return Atomics.load(narrow, narrowAt(slot) + generation) === before ? lease : undefined;
  }

  return {
    /** All leases that are kept now, with the time since they were kept or extended. */
    held(nowMs: number = monotonicMs()): TabledLease[] {
      const found: TabledLease[] = [];
      const used = Atomics.load(narrow, cells.slotsUsed);
      for (let slot = 0; slot < used; slot += 1) {
        const lease = read(slot, nowMs);
        if (lease) found.push(lease);
      }
      return found;
    },
    extended({ slot, generation: whose }: LeaseSlot, untilMs: number, atMs: number = monotonicMs()): void {
      extendedAt.set(slot, { generation: whose, atMs });
      Atomics.store(wide, wideAt(slot) + extendedUntil, toCell(untilMs));
      Atomics.store(narrow, narrowAt(slot) + extendedGeneration, whose);
    },
    signOfLife: (nowMs: number) => void Atomics.store(wide, cells.threadSeen, toCell(nowMs)),
    ownerSeenMs: () => fromCell(Atomics.load(wide, cells.ownerSeen)),
  };
}

export type LeaseTable = ReturnType<typeof readLeaseTable>;
