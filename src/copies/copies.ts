import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { bookContentTypes } from '../domain/bookContentTypes.ts';
import { acceptsReach } from '../domain/copyMark.ts';
import type { Format } from '../domain/effectKey.ts';
import { Fault } from '../domain/fault.ts';
import { sortedJson } from '../domain/sortedJson.ts';
import type { BookMarker, CopyMark } from '../ports/bookMarking.ts';
import type { Copies, CopyOwner, CopyRecord, CopyRequest, CopyResult } from '../ports/files.ts';
import type { FileBody } from '../ports/fileStore.ts';
import type { CatalogFile, CatalogStore, StoredBody } from '../ports/orders.ts';
import type { Bodies, LocalBody } from './bodies.ts';
import { markCodeFor } from './markCode.ts';
import { markLine, markTextFor } from './markLine.ts';

export interface CopiesOptions {
  catalog: Pick<CatalogStore, 'readFile'>;
  bodies: Bodies;
  markers: Record<Format, BookMarker>;
  /** Of the codes in hidden marks; at least 32 bytes. */
  markKey: Uint8Array;
  shopName: string;
  /** Books written anew at one time, each in a process of its own with hundreds of megabytes. */
  rewritesMax: number;
}

/**
 * Makes buyers' copies. A book that is missing, or whose bytes are not the ones that were imported, is never handed
 * out, and neither is one that is marked less than its shop accepts: the copy waits for a human.
 */
export function createCopies(options: CopiesOptions): Copies {
  const { catalog, bodies, markers, markKey, shopName } = options;
  const rewrites = createTurns(options.rewritesMax);

  async function build(
    file: CatalogFile,
    record: CopyRecord,
    owner: CopyOwner,
    signal: AbortSignal,
  ): Promise<CopyResult> {
    const made = await bodyFor({ file, record, owner }, signal);
    if (made.kind === 'unusable') return made;
    return { ...made, contentType: bookContentTypes[record.format], record };
  }

  async function bodyFor({ file, record, owner }: Wanted, signal: AbortSignal): Promise<MadeBody> {
    if (record.mark === null) return plainCopy(file, signal);
    const { text, code } = record.mark;
    const mark = { line: markLine(text, { name: owner.buyerName, order: owner.orderId }), code };
    const make = record.way === 'tail' ? tailedCopy : rewrittenCopy;
    return make(file, { record, mark }, signal);
  }

  async function plainCopy(file: CatalogFile, signal: AbortSignal): Promise<MadeBody> {
    const fetched = await fetchBody(file.master, signal);
    return fetched.kind === 'ready' ? { kind: 'ready', body: bodyOf(bodies, fetched.body) } : fetched;
  }

  async function tailedCopy(
    file: CatalogFile,
    { record, mark }: { record: CopyRecord; mark: CopyMark },
    signal: AbortSignal,
  ): Promise<MadeBody> {
    // What it was made of: the book may have been prepared otherwise since.
    const of = record.shared ?? file.shared;
    if (of === null) throw new Error('A copy with a tail has a shared body.');
    const shared = await fetchBody(of.body, signal);
    if (shared.kind === 'unusable') return shared;
    const recipe = await fetchBody(of.recipe, signal);
    if (recipe.kind === 'unusable') return recipe;
    const tail = markers[file.format].tailOf(await readFile(recipe.body.path), mark);
    return { kind: 'ready', body: bodyOf(bodies, shared.body, tail) };
  }

  async function rewrittenCopy(
    file: CatalogFile,
    { record, mark }: { record: CopyRecord; mark: CopyMark },
    signal: AbortSignal,
  ): Promise<MadeBody> {
    const master = await fetchBody(file.master, signal);
    if (master.kind === 'unusable') return master;
    const { pages } = record;
    const name = `${createHash('sha256').update(sortedJson({ record, mark })).digest('hex')}.copy`;
    const copy = await bodies.keep(
      name,
      (targetPath) =>
        rewrites.take(() =>
          markers[file.format].rewrite({ sourcePath: master.body.path, targetPath, pages, mark }, signal),
        ),
      signal,
    );
    return { kind: 'ready', body: bodyOf(bodies, copy) };
  }

  async function fetchBody(wanted: StoredBody, signal: AbortSignal) {
    const fetched = await bodies.fetch(wanted, signal);
    if (fetched.kind === 'ready') return fetched;
    return unusable(
      fetched.reason,
      fetched.reason === 'file_missing'
        ? `${wanted.key} is not in the file store. Import the book again.`
        : `${wanted.key} is not the file that was imported: its hash differs. Run storage scrub, or import the book again.`,
    );
  }

  return {
    async prepare(request, signal) {
      const { productId, version, format } = request;
      const file = await catalog.readFile(productId, version, format);
      if (!file) {
        return unusable('file_missing', `The catalogue has no file for ${productId} ${version} (${format}).`);
      }
      if (!acceptsReach(file.marking.policy, file.reach)) {
        return unusable(
          'marking_refused',
          `Copies of ${productId} ${version} (${format}) cannot be marked as its policy demands. Import a file that can be, or change the policy.`,
        );
      }
      return build(file, recordOf(request, file), request, signal);
    },

    async remake(record, owner, signal) {
      const { productId, version, format } = record;
      const file = await catalog.readFile(productId, version, format);
      const same =
        file?.master.sha256 === record.masterSha256 &&
        (record.mark === null ||
          (record.revision === markers[format].revision &&
            (record.way !== 'tail' || record.shared !== undefined || isPreparedAlike(file, record))));
      if (file && same) return build(file, record, owner, signal);
      return unusable(
        'made_differently',
        `The copy of ${productId} ${version} (${format}) cannot be made again byte for byte: its book or the way of marking has changed.`,
      );
    },
  };

  function recordOf(request: CopyRequest, file: CatalogFile): CopyRecord {
    const { orderId, lineNo, language, productId, version, format } = request;
    const text = markTextFor(file.marking.text, language, shopName);
    return {
      productId,
      version,
      format,
      masterSha256: file.master.sha256,
      way: file.way,
      reach: file.reach,
      revision: file.revision,
      pages: file.marking.pages,
      ...(file.way === 'tail' && file.shared && { shared: file.shared }),
      mark: file.way === 'plain' ? null : { text, code: markCodeFor({ orderId, lineNo, format }, markKey) },
    };
  }
}

/** For copies from before their records said what they were made of. */
const isPreparedAlike = (file: CatalogFile, record: CopyRecord) =>
  file.way === 'tail' &&
  file.revision === record.revision &&
  sortedJson(file.marking.pages) === sortedJson(record.pages);

/** How long a copy that finds no turn stays away: books take about a second. */
const busyMs = 3_000;

/** Whoever finds no turn comes back: waiting here, they would keep copies away that take no time. */
function createTurns(turns: number) {
  let free = turns;
  return {
    async take<T>(work: () => Promise<T>): Promise<T> {
      if (free === 0)
        throw new Fault({
          kind: 'rate_limited',
          reason: 'copies_busy',
          retryAfterMs: busyMs,
          message: 'As many books as may be are being written anew for their buyers.',
        });
      free -= 1;
      try {
        return await work();
      } finally {
        free += 1;
      }
    },
  };
}

interface Wanted {
  file: CatalogFile;
  record: CopyRecord;
  owner: CopyOwner;
}
type Unusable = Extract<CopyResult, { kind: 'unusable' }>;
type MadeBody = { kind: 'ready'; body: FileBody } | Unusable;

const unusable = (reason: Unusable['reason'], detail: string): Unusable => ({
  kind: 'unusable',
  reason,
  detail,
});

/** A file of this machine, and what follows it. Bytes that are not what they were break off before the end. */
function bodyOf(bodies: Bodies, local: LocalBody, tail: Uint8Array = new Uint8Array()): FileBody {
  return {
    sizeBytes: local.sizeBytes + tail.byteLength,
    sha256: local.hash().update(tail).digest('hex'),
    async *open(signal) {
      const hash = createHash('sha256');
      let held: Uint8Array | undefined;
      try {
        const chunks = createReadStream(local.path, { signal, highWaterMark: 1 << 20 });
        for await (const chunk of chunks as AsyncIterable<Uint8Array>) {
          hash.update(chunk);
          if (held) yield held;
          held = chunk;
        }
      } catch (error) {
        throw unreadable(error);
      }
      if (hash.digest('hex') !== local.hash().digest('hex')) {
        // The next one fetches it anew.
        await bodies.forget(local);
        throw unreadable();
      }
      if (held) yield held;
      if (tail.byteLength > 0) yield tail;
    },
  };
}

const unreadable = (cause?: unknown) =>
  new Fault(
    {
      kind: 'transient',
      reason: 'copies_directory_failed',
      message: 'A file that a copy is made of cannot be read, or is damaged.',
    },
    { cause },
  );
