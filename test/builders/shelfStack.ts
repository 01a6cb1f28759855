import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bodyOf } from '../../src/domain/fileBody.ts';
import type { Identity } from '../../src/ports/identity.ts';
import type { TelemetryEvent } from '../../src/ports/telemetry.ts';
import { createLocalDiskStore, type LocalDiskStore } from '../../src/providers/localDisk/adapter.ts';
import { createAskClaimCode, createConfirmClaimCode } from '../../src/shelf/claimByCode.ts';
import { createClaimCodes } from '../../src/shelf/claimCodes.ts';
import { createClaimShelf } from '../../src/shelf/claimShelf.ts';
import { createFollowLink } from '../../src/shelf/followLink.ts';
import { createLinkTokens } from '../../src/shelf/linkTokens.ts';
import { createFreshMails } from '../../src/shelf/freshMail.ts';
import { createListShelf } from '../../src/shelf/listShelf.ts';
import { createMintDownload } from '../../src/shelf/mintDownload.ts';
import { createCreditNotePages, createReceiptPages } from '../../src/shelf/paperPages.ts';
import { createReminderLinks } from '../../src/shelf/stopReminders.ts';
import { createPool } from '../../src/store/connection.ts';
import { createShelfStore } from '../../src/store/shelf/shelfStore.ts';
import { openAdminPool } from '../setup/adminPool.ts';
import { createTestDatabase, urlAs } from '../setup/database.ts';
import { buildHttpServer } from './httpServer.ts';
import { insertMailLink, insertOwnedEbook, type OwnedEbookSpec } from './ownedEbook.ts';

export const publicBaseUrl = 'https://books.example';

/** Of these tests: small enough to be reached. */
export const downloadLimits = { perLink: 3, perEbook: 5 };

/** What a stored copy holds. */
export const copyBytes = Buffer.from('%PDF-1.7 the buyer’s own copy');

export const browser = {
  'user-agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0',
};

/** A shelf over a real database, under the shelf's own role, and a real directory of files. */
export async function startShelfStack() {
  const database = await createTestDatabase();
  const admin = openAdminPool(database.url);
  const pool = createPool({
    connectionString: urlAs(database, 'fulfillment_shelf'),
    applicationName: 'shelf-test',
    connectionsMax: 3,
  });
  const directory = await mkdtemp(join(tmpdir(), 'shelf-test-'));
  const files = createLocalDiskStore({
    rootDirectory: directory,
    signingKey: randomBytes(32),
    publicBaseUrl,
  });
  const tokens = createLinkTokens({ keys: [randomBytes(32)] });
  const store = createShelfStore(pool);
  const codes = createClaimCodes({ keys: [randomBytes(32)] });
  const told: TelemetryEvent[] = [];
  const telemetry = { emit: (event: TelemetryEvent) => told.push(event) };

  const papers = {
    store,
    tokens,
    renderHtml: (document: unknown) => `<p>${JSON.stringify(document)}</p>`,
    renderPdf: async (document: unknown) => Buffer.from(JSON.stringify(document)),
  };

  const { server } = buildHttpServer({
    publicBaseUrl,
    telemetry,
    identity: { verifyAccessToken: async (token) => ({ valid: true, identity: readBearer(token) }) },
    listShelf: createListShelf({ store, tokens, publicBaseUrl }),
    claimShelf: createClaimShelf({ store, telemetry }),
    askClaimCode: createAskClaimCode({ store, telemetry, onWork: () => undefined }),
    confirmClaimCode: createConfirmClaimCode({ store, telemetry, codes }),
    mintDownload: createMintDownload({ store, tokens, publicBaseUrl }),
    followLink: createFollowLink({
      store,
      openCopy: ({ storageKey }, range) => files.open(storageKey, { range }, AbortSignal.timeout(5_000)),
      redirectTo: null,
      limits: downloadLimits,
      tokens,
      telemetry,
      clientHashKey: randomBytes(32),
    }),
    freshMails: createFreshMails({ store, tokens, onWork: () => undefined }),
    reminderLinks: createReminderLinks({ store, tokens }),
    receiptPages: createReceiptPages(papers),
    creditNotePages: createCreditNotePages(papers),
    openSignedFile: (url) => openFrom(files, url),
  });

  async function givenEbook(spec: OwnedEbookSpec = {}) {
    const ebook = await insertOwnedEbook(admin, { ...spec, storedBytes: copyBytes });
    const sha256 = createHash('sha256').update(copyBytes).digest('hex');
    const object = {
      key: ebook.storageKey('pdf'),
      body: bodyOf(copyBytes, sha256),
      contentType: 'application/pdf',
    };
    await files.put(object, AbortSignal.timeout(5_000));
    return ebook;
  }

  return {
    admin,
    pool,
    tokens,
    codes,
    server,
    told,
    givenEbook,

    /** A bought ebook and the token of its link in a mail. */
    async givenLink(spec: OwnedEbookSpec = {}, options: { expiresInSeconds?: number } = {}) {
      const ebook = await givenEbook(spec);
      const linkId = await insertMailLink(admin, ebook, options);
      return { ebook, token: tokens.write('download-link', linkId) };
    },

    click: (token: string, headers: Record<string, string> = browser, method: 'GET' | 'HEAD' = 'GET') =>
      server.inject({ method, url: `/d/${token}`, headers }),

    setState: (entitlementId: string, state: string) =>
      admin.query('update fulfillment.ebook_entitlements set state = $2 where id = $1', [
        entitlementId,
        state,
      ]),

    async stop() {
      await server.close();
      await pool.end();
      await admin.end();
      await database.drop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

export type ShelfStack = Awaited<ReturnType<typeof startShelfStack>>;

/** The bearer token of these tests is the identity itself. */
export const bearerOf = (identity: Identity) => ({
  authorization: `Bearer ${Buffer.from(JSON.stringify(identity)).toString('base64url')}`,
});

const readBearer = (token: string) => JSON.parse(Buffer.from(token, 'base64url').toString()) as Identity;

async function openFrom(files: LocalDiskStore, url: URL) {
  const key = url.pathname.slice('/files/'.length);
  const signed = files.verifySignedUrl({ key, ...Object.fromEntries(url.searchParams) }, new Date());
  const opened = signed && (await files.open(signed.key, {}, AbortSignal.timeout(5_000)));
  return signed && opened && { ...signed, ...opened };
}
