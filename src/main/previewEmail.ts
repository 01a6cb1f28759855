import { spawn } from 'node:child_process';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { MailPreviewDuties, PreviewedMail } from '../cli/duties.ts';
import { exitCodes } from '../cli/exitCodes.ts';
import { CommandFailure } from '../cli/failure.ts';
import { createMailPreview } from '../mail/preview/preview.ts';
import { readPreviewIdentity } from './previewIdentity.ts';
import type { Environment } from './variables/readVariables.ts';
import { createCreditNoteRenderer, createReceiptRenderer } from './wireReceipts.ts';

export interface MailPreviewOptions {
  env: Environment;
  now: Date;
  /** Others than this machine's, for tests. */
  platform?: NodeJS.Platform;
  temporaryDirectory?: string;
}

/** Previews of mails under the shop's identity, or a sample shop's. Reads no database and no network. */
export function mailPreviewDuties(options: MailPreviewOptions): MailPreviewDuties {
  return {
    async render(template, language): Promise<PreviewedMail> {
      const { notes, defaultLanguage, ...identity } = readPreviewIdentity(options.env);
      const preview = createMailPreview({
        ...identity,
        receipts: createReceiptRenderer(identity),
        creditNotes: createCreditNoteRenderer(identity),
        now: options.now,
      });
      const chosen = language ?? defaultLanguage;
      const mail = await preview.render(template, chosen);
      return { ...mail, name: `${template}.${chosen}`, notes };
    },

    async keep({ name, html }, out) {
      if (out !== undefined) return replacePreview(resolve(out), html);
      const directory = await mkdtemp(join(options.temporaryDirectory ?? tmpdir(), 'fulfillment-mail-'));
      const path = join(directory, `${name}.html`);
      await writeFile(path, html, { mode: 0o600 });
      return path;
    },

    open: (path) => openFile(path, { platform: options.platform ?? process.platform, env: options.env }),
  };
}

const beginning = '<!doctype html>';

/** @throws CommandFailure when the file cannot be written, or is something else than a page */
async function replacePreview(path: string, html: string): Promise<string> {
  const refuse = (why: string, cause?: unknown) =>
    new CommandFailure(`The preview cannot be written to ${path}: ${why}.`, {
      exitCode: exitCodes.usage,
      cause,
    });
  const before = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw refuse(error.code ?? 'unreadable', error);
  });
  if (before !== undefined && !before.startsWith(beginning))
    throw refuse('there is a file that is no preview');
  await writeFile(path, html).catch((error: NodeJS.ErrnoException) => {
    throw refuse(error.code ?? 'not writable', error);
  });
  return path;
}

const openers: Partial<Record<NodeJS.Platform, [command: string, ...before: string[]]>> = {
  darwin: ['open'],
  // `start` takes a first quoted word for a window's title.
  win32: ['cmd', '/c', 'start', ''],
};

/** So long an opener may take to say that it cannot; one that still runs then shows the page. */
const patienceMs = 5_000;

function openFile(
  path: string,
  { platform, env }: { platform: NodeJS.Platform; env: Environment },
): Promise<boolean> {
  const [command, ...before] = openers[platform] ?? ['xdg-open'];
  return new Promise((settle) => {
    const child = spawn(command, [...before, path], { stdio: 'ignore', detached: true, env: { ...env } });
    const timer = setTimeout(() => end(true), patienceMs);
    const end = (opened: boolean) => {
      clearTimeout(timer);
      child.unref();
      settle(opened);
    };
    child.once('error', () => end(false));
    child.once('exit', (code) => end(code === 0));
  });
}
