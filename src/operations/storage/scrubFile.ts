import { Fault } from '../../domain/fault.ts';
import type { Clock } from '../../ports/clock.ts';
import type { FileStore, StoredObject } from '../../ports/fileStore.ts';
import type {
  KeptFile,
  KeptFiles,
  Remaker,
  Repair,
  RepairOutcome,
  ScrubFinding,
} from '../../ports/storageScrub.ts';
import { checkFile, type Condition } from './checkFile.ts';
import { passes, withPatience } from './patience.ts';

export interface ScrubFileOptions {
  store: Pick<FileStore, 'open'>;
  kept: Pick<KeptFiles, 'isCurrent'>;
  remaker: Remaker;
  clock: Pick<Clock, 'sleep'>;
  /** Carries out a repair, with whatever is to be written down of it. */
  repair(repair: Repair, signal: AbortSignal): Promise<RepairOutcome>;
}

export interface ScrubRules {
  /** Makes again what can be. */
  repair: boolean;
  /** Takes damaged masters away, so that importing their book puts them back. */
  removeMasters: boolean;
}

/**
 * Looks at one file, and mends it where that is wanted. What passes by itself is tried again; a file that is not to be
 * had from a store that answers otherwise is told of.
 *
 * @returns nothing where it is sound, or where the database says something else of it by now
 * @throws Fault when the store, or what files are made of, cannot be used now
 */
export function scrubFile(
  options: ScrubFileOptions,
  file: KeptFile,
  rules: ScrubRules,
  signal: AbortSignal,
): Promise<ScrubFinding | undefined> {
  const scrub = async (isLast: boolean) => {
    const seen = await checkFile(options.store, file, signal).catch(async (error: unknown) => {
      const answers = isLast && !signal.aborted && (await answersOtherwise(options.store, signal));
      if (answers && error instanceof Fault && passes(error))
        return { state: 'unreadable', reason: error.reason } as const;
      throw error;
    });
    return mend(options, { file, seen }, rules, signal);
  };
  return withPatience(scrub, options.clock, signal);
}

/** A key under which nothing is stored. */
const nothing = 'copies/scrub/nothing.pdf';

const answersOtherwise = (store: Pick<FileStore, 'open'>, signal: AbortSignal) =>
  store.open(nothing, {}, signal).then(
    (opened) => (opened?.close(), true),
    () => false,
  );

async function mend(
  { kept, remaker, repair }: ScrubFileOptions,
  { file, seen }: { file: KeptFile; seen: Condition },
  rules: ScrubRules,
  signal: AbortSignal,
): Promise<ScrubFinding | undefined> {
  if (seen.state === 'sound' || !(await kept.isCurrent(file))) return undefined;
  const found = seen.state === 'damaged' ? seen.found : null;
  const told = { ...about(file), found: seen.state } as const;
  const broken = (reason: string, message: string, remedy: string): ScrubFinding => ({
    ...told,
    outcome: 'broken',
    reason,
    message: `${wordsOf(file, seen)} ${message}`.trim(),
    remedy,
  });
  const mended = (outcome: 'repaired' | 'removed', message: string, remedy: string | null): ScrubFinding => ({
    ...told,
    outcome,
    reason: null,
    message: `${wordsOf(file, seen)} ${message}`,
    remedy,
  });
  if (seen.state === 'unreadable')
    return broken(seen.reason, '', 'Look into the file store itself: fulfillment doctor.');
  if (file.kind === 'master') {
    if (!found) return broken('is_a_master', '', importAgain);
    if (!rules.repair || !rules.removeMasters) return broken('is_a_master', '', removeFirst);
    const removed = await repair({ file, found, with: null }, signal);
    return removed === 'done' ? mended('removed', 'It was taken away.', importAgain) : moved(broken);
  }
  if (!rules.repair)
    return broken('not_tried', '', 'To have it made again: fulfillment storage scrub --repair');
  const made = await remaker.remake(file, signal);
  if (made.kind === 'impossible')
    return broken(made.reason, `It cannot be made again. ${made.detail}`, made.remedy);
  try {
    const { body, contentType } = made;
    const done = await repair({ file, found, with: { body, contentType } }, signal);
    return done === 'done' ? mended('repaired', 'It was made again, byte for byte.', null) : moved(broken);
  } finally {
    await made.close();
  }
}

const importAgain = 'Import the same catalogue again: fulfillment catalog import <file>.';
const removeFirst =
  'Take it away with fulfillment storage scrub --masters --repair, then import the same catalogue again: fulfillment catalog import <file>.';

const moved = (broken: (reason: string, message: string, remedy: string) => ScrubFinding) =>
  broken('changed_meanwhile', 'Something else has changed it meanwhile.', 'Scrub again.');

const about = (file: KeptFile) => ({
  key: file.key,
  kind: file.kind,
  orderId: 'orderId' in file ? file.orderId : null,
  lineNo: file.kind === 'copy' ? file.lineNo : null,
  productId: file.productId,
  version: file.version,
  format: file.format,
});

function wordsOf(file: KeptFile, seen: Exclude<Condition, { state: 'sound' }>): string {
  if (seen.state === 'missing') return 'It is not in the file store.';
  if (seen.state === 'unreadable') return 'The file store does not give it.';
  return damageWords(file, seen.found);
}

const damageWords = ({ sizeBytes }: KeptFile, found: StoredObject) =>
  found.sizeBytes === sizeBytes
    ? 'Its bytes are not the ones that were stored.'
    : `It has ${found.sizeBytes} bytes instead of ${sizeBytes}.`;
