import { Fault } from '../../domain/fault.ts';
import type { Clock } from '../../ports/clock.ts';
import type {
  HeldScrub,
  KeptFile,
  KeptFiles,
  ScrubBook,
  ScrubFinding,
  ScrubKind,
  ScrubProgress,
  ScrubRun,
} from '../../ports/storageScrub.ts';
import { withPatience } from './patience.ts';
import { scrubFile, type ScrubFileOptions, type ScrubRules } from './scrubFile.ts';

export interface ScrubStoreOptions extends ScrubFileOptions {
  kept: KeptFiles;
  book: Pick<ScrubBook, 'tell' | 'hold'>;
  clock: Pick<Clock, 'sleep' | 'elapsedMs'>;
}

export interface ScrubWanted {
  run: ScrubRun;
  held: HeldScrub;
  kind: ScrubKind;
  /** The most files this time; null: all. */
  limit: number | null;
  onProgress(progress: ScrubProgress, key: string): void;
}

export interface ScrubEnd {
  /** Every file was looked at. */
  finished: boolean;
  checkedNow: number;
  /** What ended it before. */
  stopped: Fault | null;
}

/** Sales come first: their files go through the same store. */
const filesAtOnce = 2;
const pageSize = 100;
const tellEveryMs = 1_000;
const holdEveryMs = 15_000;

/**
 * Goes through all that is stored, from where the run stood: the catalogue, of which copies are made again, then the
 * files of orders. What it needs does not grow with the number or the size of files.
 *
 * @throws what is no trouble of the store, and when it is called off; how far it came is told before
 */
export async function scrubStore(
  options: ScrubStoreOptions,
  wanted: ScrubWanted,
  signal: AbortSignal,
): Promise<ScrubEnd> {
  const { book, clock } = options;
  const { held, kind, limit } = wanted;
  const lost = new AbortController();
  const either = AbortSignal.any([signal, lost.signal]);
  const beat = setInterval(() => {
    book.hold(held).then(
      (ours) => !ours && lost.abort(),
      // The next word to the database tells whether it is still ours.
      () => undefined,
    );
  }, holdEveryMs);
  const rules: ScrubRules = { repair: kind.repair, removeMasters: kind.part === 'catalogue' };
  const { stage, after, checked, checkedBytes, repaired, broken } = wanted.run;
  const progress: ScrubProgress = { stage, after, checked, checkedBytes, repaired, broken };
  let [news, checkedNow, toldAtMs]: [ScrubFinding[], number, number] = [[], 0, clock.elapsedMs()];

  async function tell(letGo = false): Promise<void> {
    const findings = news;
    news = [];
    toldAtMs = clock.elapsedMs();
    if (!(await book.tell(held, { progress, findings, letGo }))) throw takenOver();
  }

  function note(file: KeptFile, finding: ScrubFinding | undefined): void {
    progress.after = 'fileId' in file ? file.fileId : file.key;
    progress.checked += 1;
    progress.checkedBytes += file.sizeBytes;
    checkedNow += 1;
    if (finding) {
      progress[finding.outcome === 'repaired' ? 'repaired' : 'broken'] += 1;
      news.push(finding);
    }
    wanted.onProgress(progress, file.key);
  }

  /** What was done before the trouble counts. */
  async function work(files: KeptFile[]): Promise<void> {
    const done = await Promise.allSettled(files.map((file) => scrubFile(options, file, rules, either)));
    for (const [place, outcome] of done.entries()) {
      const file = files[place];
      if (outcome.status === 'rejected' || !file) break;
      note(file, outcome.value);
    }
    const failed = done.find((outcome) => outcome.status === 'rejected');
    if (failed) throw failed.reason;
    if (news.length > 0 || clock.elapsedMs() - toldAtMs >= tellEveryMs) await tell();
  }

  async function through(files: KeptFile[]): Promise<void> {
    for (let at = 0; at < files.length && !isEnough();) {
      const room = limit === null ? filesAtOnce : Math.min(filesAtOnce, limit - checkedNow);
      await work(files.slice(at, at + room));
      at += room;
    }
  }

  const isEnough = () => limit !== null && checkedNow >= limit;

  async function all(): Promise<boolean> {
    if (kind.part === 'all') await insistOnBooks(options, either);
    if (progress.stage === 'catalogue') {
      const books = await options.kept.ofCatalogue(kind.since);
      const from = progress.after;
      const left = from === null ? books : books.filter(({ key }) => key > from);
      await through(left);
      if (left.some(({ key }) => progress.after === null || key > progress.after)) return false;
      if (kind.part === 'catalogue') return true;
      progress.stage = 'orders';
      progress.after = null;
    }
    while (!isEnough()) {
      const page = { after: progress.after, since: kind.since, limit: pageSize };
      const files = await options.kept.ofOrders(page);
      if (files.length === 0) return true;
      await through(files);
    }
    return false;
  }

  try {
    const finished = await all();
    await tell();
    return { finished, checkedNow, stopped: null };
  } catch (error) {
    if (lost.signal.aborted) return { finished: false, checkedNow, stopped: takenOver() };
    if (signal.aborted || !(error instanceof Fault)) {
      await tell(true).catch(() => undefined);
      throw error;
    }
    if (error.reason !== takenOverReason) await tell();
    return { finished: false, checkedNow, stopped: error };
  } finally {
    clearInterval(beat);
  }
}

/** The files of one payment, one after the other. @throws Fault */
export async function scrubPayment(
  options: ScrubFileOptions & { kept: Pick<KeptFiles, 'ofPayment'> },
  paymentId: string,
  rules: Pick<ScrubRules, 'repair'>,
  signal: AbortSignal,
): Promise<ScrubFinding[]> {
  const findings: ScrubFinding[] = [];
  for (const file of await options.kept.ofPayment(paymentId)) {
    const finding = await scrubFile(options, file, { ...rules, removeMasters: false }, signal);
    if (finding) findings.push(finding);
  }
  return findings;
}

const booksTried = 20;

/**
 * A disk that is not mounted, or the bucket of another service, has none of the books: nothing is looked at there, and
 * nothing put there.
 *
 * @throws Fault
 */
async function insistOnBooks(
  { kept, store, clock }: Pick<ScrubStoreOptions, 'kept' | 'store' | 'clock'>,
  signal: AbortSignal,
): Promise<void> {
  const masters = (await kept.ofCatalogue(null)).filter(({ kind }) => kind === 'master').slice(0, booksTried);
  for (const { key } of masters) {
    const open = () => store.open(key, { range: { start: 0, end: 0 } }, signal);
    const opened = await withPatience(open, clock, signal);
    opened?.close();
    if (opened) return;
  }
  if (masters.length === 0) return;
  throw new Fault({
    kind: 'needs_human',
    reason: 'storage_is_another',
    message: 'Not one of the books is in the file store: is it the right one, and mounted?',
  });
}

const takenOverReason = 'scrub_taken_over';
const takenOver = () =>
  new Fault({
    kind: 'permanent',
    reason: takenOverReason,
    message: 'Somebody else goes on with this scrub: this one was silent for too long.',
  });
