import { z } from 'zod';
import {
  copyEffectKey,
  copyStorageKey,
  type Format,
  formats,
  laterCopyStorageKey,
  receiptFileEffectKey,
  receiptStorageKey,
} from '../domain/effectKey.ts';
import { markReaches } from '../domain/copyMark.ts';
import { Fault } from '../domain/fault.ts';
import { bodyOf } from '../domain/fileBody.ts';
import { defaultRetryPolicy } from '../domain/retryPolicy.ts';
import type { FileBody, FileStore, StoredObject } from '../ports/fileStore.ts';
import type { Copies, CopyRecord, Kept, StoredFileLedger, StoredFileRow } from '../ports/files.ts';
import type { ReceiptRenderer, ReceiptStore } from '../ports/orders.ts';
import type { EffectOutcome, EffectSpec, JobView, JsonObject, OutsideStep } from '../ports/step.ts';
import { orderOf, paymentOf } from './orderOf.ts';

export interface StoreFilesOptions {
  store: FileStore;
  ledger: StoredFileLedger;
  copies: Copies;
  /** What becomes of copies that are quickly made. */
  kept: Kept;
  receipts: ReceiptStore;
  renderer: Pick<ReceiptRenderer, 'pdf' | 'yearOf'>;
  sha256(bytes: Uint8Array): string;
}

interface PreparedFile {
  storageKey: string;
  body: FileBody;
  contentType: string;
  kept: Kept;
  /** Null for a receipt. */
  made: CopyRecord | null;
}

/**
 * The buyer's copy per line and format, and the receipt as PDF, under deterministic keys. Proof: size and hash read
 * back. Twice: the same bytes under the same key are found. One damaged book does not hold up the others.
 */
export const createStoreFiles = (options: StoreFilesOptions): OutsideStep<PreparedFile> =>
  createStoring(options, { name: 'storage', receipt: true });

/** The buyer's copies alone, of an order that has no receipt of ours. */
export const createStoreCopies = (options: StoreFilesOptions): OutsideStep<PreparedFile> =>
  createStoring(options, { name: 'copies', receipt: false });

/** Copies of a later version, in the place of those that a buyer has. The order names that version, of one line. */
export const createUpdateCopies = (options: StoreFilesOptions): OutsideStep<PreparedFile> =>
  createStoring(options, { name: 'update_copies', receipt: false, later: true });

function createStoring(
  options: StoreFilesOptions,
  shape: { name: string; receipt: boolean; later?: true },
): OutsideStep<PreparedFile> {
  const { store, ledger } = options;

  return {
    kind: 'outside',
    name: shape.name,
    version: 1,
    timeoutMs: 120_000,
    retry: defaultRetryPolicy,

    effects: (job) => [...filesOf(job, shape.receipt).keys()].map((key) => ({ key, provider: 'storage' })),

    prepare: (job, effect, { signal }) => {
      if (paymentOf(job).erased) return Promise.resolve({ kind: 'skip', reason: 'buyer_forgotten' });
      const file = fileOf(job, effect);
      return file.kind === 'receipt' ? prepareReceipt(job) : prepareCopy(job, file, signal);
    },

    async find({ job, effect, prepared }, { signal }) {
      if (prepared.kept === 'streamed') return evidence(prepared, prepared.body);
      const stored = await store.stat(prepared.storageKey, signal);
      // A receipt that an earlier build stored may look different today; what is stored under our own key is the receipt.
      const ours = fileOf(job, effect).kind === 'receipt' || stored?.sha256 === prepared.body.sha256;
      return stored && ours ? evidence(prepared, stored) : undefined;
    },

    async make({ prepared }, { signal }) {
      const { storageKey: key, body, contentType } = prepared;
      if (prepared.kept === 'streamed') return evidence(prepared, body);
      const stored = await store.put({ key, body, contentType }, signal);
      if (stored.sha256 !== body.sha256 || stored.sizeBytes !== body.sizeBytes) {
        throw new Fault({
          kind: 'transient',
          reason: 'stored_bytes_differ',
          provider: store.name,
          message: 'What the store gave back is not what was put in.',
        });
      }
      return evidence(prepared, stored);
    },

    record: (tx, rows) =>
      (shape.later ? ledger.replace : ledger.record)(
        tx,
        rows.map(({ job, effect, evidence: stored }): StoredFileRow => {
          const {
            storage_key: storageKey,
            size_bytes: sizeBytes,
            sha256,
            kept,
            made,
          } = evidenceSchema.parse(stored);
          return {
            paymentId: paymentOf(job).id,
            ...fileOf(job, effect),
            storageKey,
            sizeBytes,
            sha256,
            kept,
            made,
          };
        }),
      ),
  };

  async function prepareCopy(
    job: JobView,
    file: FileSlot,
    signal: AbortSignal,
  ): Promise<{ kind: 'ready'; prepared: PreparedFile } | EffectOutcome> {
    const order = orderOf(job);
    const line = order.lines.find(({ lineNo }) => lineNo === file.lineNo);
    if (!line)
      throw new Fault({
        kind: 'permanent',
        reason: 'line_missing',
        message: `The order has no line ${file.lineNo}.`,
      });
    const copy = await options.copies.prepare(
      {
        orderId: order.orderId,
        lineNo: file.lineNo,
        buyerName: order.buyer.name,
        language: order.buyer.language,
        productId: line.productId,
        version: line.productVersion,
        format: file.format,
      },
      signal,
    );
    if (copy.kind === 'unusable') {
      return { kind: 'block', reason: copy.reason, detail: copy.detail, recheckMs: masterRecheckMs };
    }
    const { body, contentType, record: made } = copy;
    const { orderId } = order;
    const storageKey = shape.later
      ? laterCopyStorageKey(orderId, file.lineNo, file.format, made.masterSha256)
      : copyStorageKey(orderId, file.lineNo, file.format);
    // What is written anew for each buyer takes seconds: too long to wait for at each download.
    const kept = options.kept === 'streamed' && made.way !== 'rewrite' ? 'streamed' : 'stored';
    return { kind: 'ready', prepared: { storageKey, body, contentType, kept, made } };
  }

  async function prepareReceipt(job: JobView): Promise<{ kind: 'ready'; prepared: PreparedFile }> {
    const receipt = await options.receipts.read(paymentOf(job).id);
    if (!receipt)
      throw new Fault({
        kind: 'transient',
        reason: 'receipt_missing',
        message: 'The receipt is not readable yet.',
      });
    const bytes = await options.renderer.pdf(receipt.document);
    const storageKey = receiptStorageKey(options.renderer.yearOf(receipt.document), orderOf(job).orderId);
    const body = bodyOf(bytes, options.sha256(bytes));
    return {
      kind: 'ready',
      prepared: { storageKey, body, contentType: 'application/pdf', kept: 'stored', made: null },
    };
  }
}

/** A mended master is a file put back, which nobody tells us: so it is looked at again soon. */
const masterRecheckMs = 60_000;

interface FileSlot {
  kind: 'copy' | 'receipt';
  lineNo: number;
  format: Format;
}

const receiptSlot: FileSlot = { kind: 'receipt', lineNo: 0, format: 'pdf' };

function filesOf(job: JobView, withReceipt = true): Map<string, FileSlot> {
  const slots = new Map<string, FileSlot>(withReceipt ? [[receiptFileEffectKey, receiptSlot]] : []);
  for (const { lineNo, formats } of orderOf(job).lines) {
    for (const format of formats) slots.set(copyEffectKey(lineNo, format), { kind: 'copy', lineNo, format });
  }
  return slots;
}

function fileOf(job: JobView, effect: EffectSpec): FileSlot {
  const slot = filesOf(job).get(effect.key);
  if (!slot) throw new Error(`No file has the effect key ${effect.key}.`);
  return slot;
}

const storedBodySchema = z.object({ key: z.string(), sizeBytes: z.number(), sha256: z.string() });

/** Of a copy: what it was made of, with nothing of its buyer. */
const madeSchema = z.object({
  productId: z.string(),
  version: z.string(),
  format: z.enum(formats),
  masterSha256: z.string(),
  way: z.enum(['tail', 'rewrite', 'plain']),
  reach: z.enum(markReaches),
  revision: z.number(),
  pages: z.union([z.enum(['all', 'first']), z.object({ every: z.number() })]),
  shared: z.object({ body: storedBodySchema, recipe: storedBodySchema }).optional(),
  mark: z.object({ text: z.string(), code: z.string() }).nullable(),
});

const evidenceSchema = z.object({
  storage_key: z.string(),
  size_bytes: z.number(),
  sha256: z.string(),
  kept: z.enum(['stored', 'streamed']),
  made: madeSchema.nullable(),
});

const evidence = ({ storageKey, kept, made }: PreparedFile, stored: StoredObject): JsonObject => ({
  storage_key: storageKey,
  size_bytes: stored.sizeBytes,
  sha256: stored.sha256,
  kept,
  made: made === null ? null : { ...made },
});
