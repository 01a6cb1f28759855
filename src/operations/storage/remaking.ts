import { bodyOf } from '../../domain/fileBody.ts';
import { Fault } from '../../domain/fault.ts';
import type { Copies, CopyRecord } from '../../ports/files.ts';
import type { ReceiptRenderer, ReceiptStore } from '../../ports/orders.ts';
import type {
  CatalogueFile,
  KeptFile,
  OrderFile,
  Remade,
  Remaker,
  SharedAgain,
} from '../../ports/storageScrub.ts';

export interface RemakingOptions {
  copies: Pick<Copies, 'remake'>;
  receipts: Pick<ReceiptStore, 'read'>;
  renderer: Pick<ReceiptRenderer, 'pdf'>;
  shared: SharedAgain;
  sha256(bytes: Uint8Array): string;
}

const bookTypes = { pdf: 'application/pdf', epub: 'application/epub+zip' } as const;
const importAgain = 'Import the same catalogue again: fulfillment catalog import <file>.';
const fromBackup = 'Restore it from a backup of the file store.';
const newVersion = `${fromBackup} Or import the book under a new version, of which its owners get copies: fulfillment catalog import <file>.`;
const newReceipt = `${fromBackup} The buyer can be sent the receipt meanwhile: fulfillment orders resend-receipt.`;

/** Makes stored files once more. Only the very bytes that were recorded count as the same file. */
export function createRemaking(options: RemakingOptions): Remaker {
  const { copies, receipts, renderer, shared } = options;

  async function remakeCopy(file: OrderFile, signal: AbortSignal): Promise<Remade> {
    const record = file.record ?? unrecorded(file);
    if (record === null)
      return impossible('not_recorded', 'What this copy was made of was not recorded.', fromBackup);
    const owner = { orderId: file.orderId, buyerName: file.buyerName };
    const made = await copies.remake(record, owner, signal);
    if (made.kind === 'ready') {
      const { body, contentType } = made;
      return exactly(file, { kind: 'ready', body, contentType, close: nothing }, newVersion);
    }
    return impossible(
      made.reason,
      made.detail,
      made.reason === 'made_differently' ? newVersion : importAgain,
    );
  }

  async function remakeReceipt(file: OrderFile): Promise<Remade> {
    const receipt = await receipts.read(file.paymentId);
    if (!receipt) return impossible('receipt_missing', 'The receipt is not in the database.', fromBackup);
    const bytes = await renderer.pdf(receipt.document);
    const body = bodyOf(bytes, options.sha256(bytes));
    return exactly(file, { kind: 'ready', body, contentType: 'application/pdf', close: nothing }, newReceipt);
  }

  async function remakeShared(file: CatalogueFile, signal: AbortSignal): Promise<Remade> {
    const again = await shared.prepare(file, signal);
    if (again.kind === 'unusable') return impossible(again.reason, unusableWords[again.reason], importAgain);
    const { body, recipe, close } = again;
    const contentType = file.kind === 'recipe' ? 'application/octet-stream' : bookTypes[file.format];
    const made = exactly(
      file,
      { kind: 'ready', body: file.kind === 'recipe' ? recipe : body, contentType, close },
      importAgain,
    );
    if (made.kind === 'impossible') await close();
    return made;
  }

  return {
    async remake(file, signal) {
      try {
        if ('fileId' in file)
          return await (file.kind === 'copy' ? remakeCopy(file, signal) : remakeReceipt(file));
        if (file.kind === 'master')
          return impossible('is_a_master', 'A master is made of nothing else.', importAgain);
        return await remakeShared(file, signal);
      } catch (error) {
        // About this one book; what passes is about the machine.
        if (error instanceof Fault && error.kind === 'permanent')
          return impossible(error.reason, error.message, importAgain);
        throw error;
      }
    },
  };
}

const nothing = () => Promise.resolve();

type Ready = Extract<Remade, { kind: 'ready' }>;

function exactly(file: KeptFile, made: Ready, remedy: string): Remade {
  const { sizeBytes, sha256 } = made.body;
  if (sizeBytes === file.sizeBytes && sha256 === file.sha256) return made;
  return impossible('made_differently', 'Made today it has other bytes than the ones recorded.', remedy);
}

const impossible = (reason: string, detail: string, remedy: string): Remade => ({
  kind: 'impossible',
  reason,
  detail,
  remedy,
});

/** A copy from before anything was marked is the book itself, where that has not changed since. */
const unrecorded = ({ productId, version, format, sha256 }: OrderFile): CopyRecord | null =>
  productId === null || version === null
    ? null
    : {
        productId,
        version,
        format,
        masterSha256: sha256,
        way: 'plain',
        reach: 'none',
        revision: 0,
        pages: 'all',
        mark: null,
      };

const unusableWords = {
  file_missing: 'The master that it is prepared from is missing.',
  file_damaged: 'The master that it is prepared from is damaged.',
  made_differently: 'This release prepares the master in another way.',
} as const;
