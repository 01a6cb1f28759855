import { z } from 'zod';
import {
  copyEffectKey,
  copyStorageKey,
  type Format,
  receiptFileEffectKey,
  receiptStorageKey,
} from '../domain/effectKey.ts';
import { Fault } from '../domain/fault.ts';
import { defaultRetryPolicy } from '../domain/retryPolicy.ts';
import type { FileStore } from '../ports/fileStore.ts';
import type { Copies, StoredFileLedger, StoredFileRow } from '../ports/files.ts';
import type { ReceiptRenderer, ReceiptStore } from '../ports/orders.ts';
import type { EffectOutcome, EffectSpec, JobView, JsonObject, OutsideStep } from '../ports/step.ts';
import { orderOf, paymentOf } from './orderOf.ts';

export interface StoreFilesOptions {
  store: FileStore;
  ledger: StoredFileLedger;
  copies: Copies;
  receipts: ReceiptStore;
  renderer: Pick<ReceiptRenderer, 'pdf' | 'yearOf'>;
  sha256(bytes: Uint8Array): string;
}

interface PreparedFile {
  storageKey: string;
  bytes: Uint8Array;
  sha256: string;
  contentType: string;
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

function createStoring(
  options: StoreFilesOptions,
  shape: { name: string; receipt: boolean },
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
      const file = fileOf(job, effect);
      return file.kind === 'receipt' ? prepareReceipt(job) : prepareCopy(job, file, signal);
    },

    async find({ job, effect, prepared }, { signal }) {
      const stored = await store.stat(prepared.storageKey, signal);
      // A receipt that an earlier build stored may look different today; what is stored under our own key is the receipt.
      const ours = fileOf(job, effect).kind === 'receipt' || stored?.sha256 === prepared.sha256;
      return stored && ours ? evidence({ ...prepared, sha256: stored.sha256 }, stored.sizeBytes) : undefined;
    },

    async make({ prepared }, { signal }) {
      const { storageKey: key, bytes, sha256, contentType } = prepared;
      const stored = await store.put({ key, bytes, sha256, contentType }, signal);
      if (stored.sha256 !== sha256 || stored.sizeBytes !== bytes.byteLength) {
        throw new Fault({
          kind: 'transient',
          reason: 'stored_bytes_differ',
          provider: store.name,
          message: 'What the store gave back is not what was put in.',
        });
      }
      return evidence(prepared, stored.sizeBytes);
    },

    record: (tx, rows) =>
      ledger.record(
        tx,
        rows.map(({ job, effect, evidence: stored }): StoredFileRow => {
          const { storage_key: storageKey, size_bytes: sizeBytes, sha256 } = evidenceSchema.parse(stored);
          return { paymentId: paymentOf(job).id, ...fileOf(job, effect), storageKey, sizeBytes, sha256 };
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
        buyerName: order.buyer.name,
        productId: line.productId,
        version: line.productVersion,
        format: file.format,
      },
      signal,
    );
    if (copy.kind === 'unusable') {
      return { kind: 'block', reason: copy.reason, detail: copy.detail, recheckMs: masterRecheckMs };
    }
    const storageKey = copyStorageKey(order.orderId, file.lineNo, file.format);
    return {
      kind: 'ready',
      prepared: { storageKey, bytes: copy.bytes, sha256: copy.sha256, contentType: copy.contentType },
    };
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
    return {
      kind: 'ready',
      prepared: { storageKey, bytes, sha256: options.sha256(bytes), contentType: 'application/pdf' },
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

const evidenceSchema = z.object({ storage_key: z.string(), size_bytes: z.number(), sha256: z.string() });

const evidence = (file: PreparedFile, sizeBytes: number): JsonObject => ({
  storage_key: file.storageKey,
  size_bytes: sizeBytes,
  sha256: file.sha256,
});
