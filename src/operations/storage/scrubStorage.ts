import { z } from 'zod';
import type { HeldScrub, ScrubBook, ScrubKind, ScrubReport, ScrubRun } from '../../ports/storageScrub.ts';
import type { ChangeOperation } from '../frame/operation.ts';
import { Refusal } from '../frame/refusal.ts';
import type { ScrubEnd, ScrubWanted } from './scrubStore.ts';

const input = z.strictObject({
  part: z.enum(['all', 'catalogue']).describe('All that is stored, or the files of the catalogue alone'),
  since: z.iso.datetime().nullable().describe('What was stored from then on; null: everything'),
  repair: z.boolean().describe('Whether what can be made again is'),
  limit: z.int().positive().nullable().describe('The most files this time; null: all'),
});
export type ScrubInput = z.infer<typeof input>;

export interface ScrubStorageOptions {
  book: Pick<ScrubBook, 'begin' | 'end'>;
  /** Goes through what is stored. */
  scrub(wanted: Omit<ScrubWanted, 'onProgress'>): Promise<ScrubEnd>;
  newId(): string;
}

interface Scrubbed {
  run: ScrubRun;
  held: HeldScrub;
  end: ScrubEnd;
}

/** Longer ones were cut off, and go on when they are asked for again. */
const lastsMaxMs = 7 * 86_400_000;

/**
 * Looks at every stored file, and mends what can be. It lasts as long as reading all bytes does, so it runs in the
 * process of whoever asks, and is no part of the API.
 */
export function createScrubStorage({
  book,
  scrub,
  newId,
}: ScrubStorageOptions): ChangeOperation<ScrubInput, ScrubReport, Scrubbed> {
  return {
    kind: 'change',
    name: 'storage:scrub',
    permission: 'storage:scrub',
    summary: 'Check every stored file, and make again what can be',
    path: '/storage/scrub',
    reason: 'optional',
    input,
    output: z.custom<ScrubReport>(),
    target: () => ({ kind: 'storage', id: 'files' }),
    outside: {
      lastsMaxMs,
      async begin(tx, { part, since, repair, limit }, by) {
        const kind: ScrubKind = { part, since: since === null ? null : new Date(since), repair };
        const holder = newId();
        const begun = await book.begin(tx, by.caller.subject, kind, holder);
        if (begun.kind === 'under_way') throw underWay(begun);
        const { run } = begun;
        const held = { runId: run.id, holder };
        return {
          after: { scrub: run.id, resumed: run.resumed, part, since, repair, limit },
          carryOut: async () => ({ run, held, end: await scrub({ run, held, kind, limit }) }),
        };
      },
    },
    async change(tx, given, _by, scrubbed) {
      if (!scrubbed) throw new TypeError('The scrub was not begun.');
      const { run: begun, held, end } = scrubbed;
      const run = await book.end(tx, held, end.finished);
      const { checked, checkedBytes, repaired, broken } = run;
      const stopped = end.stopped && { reason: end.stopped.reason, message: end.stopped.message };
      const sums = { checked, checkedBytes, repaired, broken };
      return {
        output: {
          scrubId: run.id,
          part: given.part,
          repair: given.repair,
          startedAt: run.startedAt.toISOString(),
          resumed: begun.resumed,
          finished: end.finished,
          checkedNow: end.checkedNow,
          ...sums,
          stopped,
          findings: run.findings,
        },
        before: { scrub: run.id, checked: begun.checked },
        after: { scrub: run.id, finished: end.finished, ...sums },
        details: { stopped: stopped?.reason ?? null },
      };
    },
  };
}

const underWay = ({ by, startedAt, heldForMs }: { by: string; startedAt: Date; heldForMs: number }) =>
  new Refusal({
    kind: 'wrong_state',
    code: 'scrub_under_way',
    detail: `A scrub is under way: ${by} began it at ${startedAt.toISOString()}.`,
    remedy: `Wait for it. If it was cut off, this command goes on with it in ${Math.max(1, Math.ceil(heldForMs / 1_000))} s.`,
  });
