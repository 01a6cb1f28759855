import type { Clock } from '../ports/clock.ts';
import type { EvidenceDesk } from '../ports/evidenceDesk.ts';
import type { Telemetry } from '../ports/telemetry.ts';
import type { EvidenceActing } from './evidenceActing.ts';
import { type EvidencePolling, tellHeard } from './evidencePolling.ts';
import { tellTrouble } from './tellTrouble.ts';

export interface MailEvidenceOptions {
  /** Unique for this process. */
  worker: string;
  desk: Pick<EvidenceDesk, 'take' | 'release' | 'matchLate' | 'takeUpAgain' | 'prune'>;
  polling: EvidencePolling;
  acting: EvidenceActing;
  clock: Clock;
  telemetry: Telemetry;
  /** Longer than one look at all places may take. */
  leaseMs: number;
  onWork(): void;
}

export interface MailEvidence {
  start(): void;
  /** Resolves when what is under way has ended, and somebody else may go on. */
  stop(): Promise<void>;
}

/** How often whoever has the duty looks for something to do, and the others whether they may have it. */
const lookEveryMs = 5_000;
/** Of a flood of reports about mails of others so many pages are looked through in one look. */
const latePagesMax = 10;
const takeUpEveryMs = 15_000;
const reviewEveryMs = 60_000;
const pruneEveryMs = 3_600_000;
const pruneAtOnce = 1_000;
const pruneTimesMax = 50;
const againAfterMs = { first: 5_000, most: 60_000 } as const;

/**
 * Looks after what is heard of mails: reads the places where it is found, finds the mails of what came early, acts on
 * what came back, and tells what does not get through. Of any number of processes one does it at a time, by a lease.
 */
export function createMailEvidence(options: MailEvidenceOptions): MailEvidence {
  const { worker, desk, polling, acting, clock, telemetry, leaseMs } = options;
  const duties = createDuties(clock, telemetry);
  let stopping: AbortController | undefined;
  let running: Promise<void> = Promise.resolve();

  async function run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await duties.due('look after mail evidence', signal, 0, () => turn(signal));
      await clock.sleep(lookEveryMs, signal);
    }
    await desk.release(worker).catch(() => undefined);
  }

  async function turn(signal: AbortSignal): Promise<void> {
    if (!(await desk.take(worker, leaseMs))) return;
    await Promise.all([
      duties.due('read mail evidence', signal, 0, () => polling.poll(signal)),
      look(signal),
    ]);
  }

  async function look(signal: AbortSignal): Promise<void> {
    await duties.due('match mail evidence', signal, 0, async () => {
      for (let page = 0; page < latePagesMax && !signal.aborted; page += 1) {
        const noted = await desk.matchLate();
        tellHeard(telemetry, noted);
        for (const error of noted.failed) tellTrouble(telemetry, 'match mail evidence', error);
        if (noted.woken > 0) options.onWork();
        if (!noted.isFull) return;
      }
    });
    await duties.due('take up jobs whose mail was taken', signal, takeUpEveryMs, async () => {
      if ((await desk.takeUpAgain()) > 0) options.onWork();
    });
    await duties.due('act on bounces', signal, 0, () => acting.act(signal));
    await duties.due('review mails', signal, reviewEveryMs, () => acting.review());
    await duties.due('prune mail evidence', signal, pruneEveryMs, async () => {
      for (let times = 0; times < pruneTimesMax && !signal.aborted; times += 1) if (!(await prune())) return;
    });
  }

  async function prune(): Promise<boolean> {
    const { removed, expired } = await desk.prune(pruneAtOnce);
    if (expired > 0) telemetry.emit({ name: 'mail.evidence_expired', count: expired });
    return removed > 0;
  }

  return {
    start() {
      if (stopping && !stopping.signal.aborted) return;
      stopping = new AbortController();
      running = run(stopping.signal);
    },
    async stop() {
      stopping?.abort();
      await running;
    },
  };
}

/** Each duty at its own time; after a trouble it rests, longer with each that follows, and keeps no other. */
function createDuties(clock: Clock, telemetry: Telemetry) {
  const notBeforeMs = new Map<string, number>();
  const restedMs = new Map<string, number>();

  return {
    async due(duty: string, signal: AbortSignal, everyMs: number, work: () => Promise<void>): Promise<void> {
      if (signal.aborted || clock.elapsedMs() < (notBeforeMs.get(duty) ?? -Infinity)) return;
      try {
        await work();
        restedMs.delete(duty);
        notBeforeMs.set(duty, clock.elapsedMs() + everyMs);
      } catch (error) {
        if (signal.aborted) return;
        const restMs = Math.min(
          Math.max(againAfterMs.first, 2 * (restedMs.get(duty) ?? 0)),
          againAfterMs.most,
        );
        restedMs.set(duty, restMs);
        notBeforeMs.set(duty, clock.elapsedMs() + restMs);
        tellTrouble(telemetry, duty, error);
      }
    },
  };
}
