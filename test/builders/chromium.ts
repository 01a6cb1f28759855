import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';

const usual = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

/** A real browser of this machine, or the one that CHROMIUM names; undefined: there is none. */
export const chromiumPath = (): string | undefined =>
  [process.env['CHROMIUM'] ?? '', ...usual].find((path) => path !== '' && existsSync(path));

export interface Chromium {
  /** From now on: how wide the window is, and whether its user likes it dark. */
  look(as: { width: number; dark: boolean }): Promise<void>;
  /** Shows a document and forgets what was asked for before. */
  show(html: string): Promise<void>;
  /** Runs a script inside the page. Its value, or what it promises, must be JSON. */
  inPage(script: string): Promise<unknown>;
  /** What the document has asked for since it was shown; it got none of it. */
  requested(): string[];
  /** PNG of the whole page. */
  picture(): Promise<Buffer>;
  close(): Promise<void>;
}

interface Message {
  id?: number;
  method?: string;
  params?: { request?: { url: string }; requestId?: string };
  result?: Record<string, unknown>;
  error?: { message: string };
}

/**
 * One browser with one page and no network, driven over a pipe by the DevTools protocol (JSON between NUL bytes:
 * `--remote-debugging-pipe`).
 */
export async function openChromium(path: string): Promise<Chromium> {
  const profile = await mkdtemp(join(tmpdir(), 'chromium-'));
  const flags = [
    '--headless=new',
    '--remote-debugging-pipe',
    `--user-data-dir=${profile}`,
    '--no-first-run',
    '--no-default-browser-check',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-gpu',
    '--disable-dev-shm-usage',
    '--hide-scrollbars',
    '--host-resolver-rules=MAP * ~NOTFOUND',
    // Its own sandbox cannot be had by root.
    ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
    'about:blank',
  ];
  const browser = spawn(path, flags, { stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] });
  const gone = new Promise<void>((resolve) => browser.once('exit', () => resolve()));
  const [toBrowser, fromBrowser] = [browser.stdio[3] as Writable, browser.stdio[4] as Readable];
  const waiting = new Map<number, { resolve(result: object): void; reject(error: Error): void }>();
  let [lastId, rest, session] = [0, '', undefined as string | undefined];
  let asked: string[] = [];

  function tell(message: Message): void {
    if (message.method === 'Fetch.requestPaused') {
      asked.push(message.params?.request?.url ?? '');
      void send('Fetch.failRequest', {
        requestId: message.params?.requestId,
        errorReason: 'BlockedByClient',
      }).catch(() => undefined);
    }
    const one = waiting.get(message.id ?? 0);
    waiting.delete(message.id ?? 0);
    if (message.error) one?.reject(new Error(message.error.message));
    else one?.resolve(message.result ?? {});
  }

  fromBrowser.setEncoding('utf8').on('data', (part: string) => {
    const messages = (rest + part).split('\0');
    rest = messages.pop() ?? '';
    for (const message of messages) tell(JSON.parse(message) as Message);
  });
  toBrowser.on('error', () => undefined);
  browser.once('error', (error) => failAll(error));
  browser.once('exit', () => failAll(new Error('The browser has ended.')));
  function failAll(error: Error): void {
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
  }

  function send<Result extends object>(method: string, params: object = {}): Promise<Result> {
    const id = (lastId += 1);
    return new Promise((resolve, reject) => {
      waiting.set(id, { resolve, reject });
      const message = { id, method, params, ...(session === undefined ? {} : { sessionId: session }) };
      toBrowser.write(`${JSON.stringify(message)}\0`);
    });
  }

  const { targetId } = await send<{ targetId: string }>('Target.createTarget', { url: 'about:blank' });
  ({ sessionId: session } = await send<{ sessionId: string }>('Target.attachToTarget', {
    targetId,
    flatten: true,
  }));
  await Promise.all([send('Page.enable'), send('Fetch.enable', { patterns: [{ urlPattern: '*' }] })]);
  const { frameTree } = await send<{ frameTree: { frame: { id: string } } }>('Page.getFrameTree');

  return {
    async look({ width, dark }) {
      await send('Emulation.setDeviceMetricsOverride', {
        width,
        height: 900,
        deviceScaleFactor: 1,
        // A phone would zoom out until what is too wide fits; here it is to be seen.
        mobile: false,
      });
      await send('Emulation.setEmulatedMedia', {
        features: [{ name: 'prefers-color-scheme', value: dark ? 'dark' : 'light' }],
      });
    },
    async show(html) {
      asked = [];
      await send('Page.setDocumentContent', { frameId: frameTree.frame.id, html });
    },
    async inPage(script) {
      const { result, exceptionDetails } = await send<{
        result: { value?: unknown };
        exceptionDetails?: { exception?: { description?: string } };
      }>('Runtime.evaluate', { expression: script, returnByValue: true, awaitPromise: true });
      if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? 'It threw.');
      return result.value;
    },
    requested: () => asked,
    async picture() {
      const { data } = await send<{ data: string }>('Page.captureScreenshot', {
        format: 'png',
        captureBeyondViewport: true,
      });
      return Buffer.from(data, 'base64');
    },
    async close() {
      session = undefined;
      await Promise.race([send('Browser.close').catch(() => undefined), gone]);
      await gone;
      await rm(profile, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
