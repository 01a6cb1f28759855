import { setTimeout as sleep } from 'node:timers/promises';
import pc from 'picocolors';
import { createPool } from '../../store/connection.ts';
import { readTimeline, type TimelineLine } from '../../store/jobs/readTimeline.ts';
import type { SandboxStack } from '../sandboxStack.ts';

const email = 'ada.nowak@example.com';
const patienceMs = 60_000;

/** Makes one purchase and shows its timeline as it happens, then where to look. */
export async function showPurchase(
  stack: SandboxStack,
  say: (line: string) => void,
): Promise<{ completed: boolean }> {
  const pool = createPool({
    connectionString: stack.config.database.readerUrl,
    applicationName: 'timeline',
    connectionsMax: 1,
  });
  try {
    const startedMs = performance.now();
    const paid = await stack.purchase({
      products: ['the-calm-checkout', 'paragon-bez-tajemnic'],
      email,
      name: 'Ada Nowak',
      locale: 'en',
    });
    const paymentKey = paid.paymentIntentId ?? paid.sessionId;
    say(`\n${pc.bold('A purchase')}: two ebooks, paid by card (${paymentKey})`);
    const state = await follow(paymentKey, say, startedMs);
    if (state !== 'completed') {
      say(pc.red(`The job is ${state ?? 'missing'}. The log says more: ${stack.logFile}`));
      if (state !== null) say(await whereToLook(stack));
      return { completed: false };
    }
    say(pc.green(`Done ${((performance.now() - startedMs) / 1000).toFixed(2)} s after the payment.`));
    say(await whereToLook(stack));
    return { completed: true };
  } finally {
    await pool.end();
  }

  async function follow(
    paymentKey: string,
    tell: (line: string) => void,
    startedMs: number,
  ): Promise<string | null> {
    let seq = 0;
    let state: string | null = null;
    let acceptedAt: Date | null = null;
    while (performance.now() - startedMs < patienceMs) {
      const seen = await readTimeline(pool, paymentKey, seq);
      state = seen.state;
      acceptedAt ??= seen.acceptedAt;
      for (const event of seen.events) {
        tell(lineOf(event, acceptedAt ?? event.at));
        seq = event.seq;
      }
      if (state === 'completed' || state === 'failed' || state === 'blocked') return state;
      await sleep(25);
    }
    return state;
  }

  async function whereToLook({ urls, config }: SandboxStack): Promise<string> {
    const token = await stack.accessToken(email);
    const inbox = (await (await fetch(`${urls.inbox}/api/v1/messages?limit=1`)).json()) as {
      messages?: Array<{ ID: string | number }>;
    };
    const mailId = inbox.messages?.[0]?.ID;
    const shelf = (await (
      await fetch(`${urls.api}/v1/shelf`, { headers: { authorization: `Bearer ${token}` } })
    ).json()) as { items?: Array<{ receiptUrl?: string }> };
    const rows = [
      ['shelf', `${config.shelfUrl}?email=${email}`],
      ['inbox', mailId === undefined ? urls.inbox : `${urls.inbox}/mail/${mailId}`],
      ['receipt', shelf.items?.find((item) => item.receiptUrl)?.receiptUrl ?? '–'],
      ['health', `${urls.api}/readyz`],
      ['metrics', `${urls.api}/metrics`],
      ['shop', urls.shop],
    ] as const;
    return `\n${pc.bold('Where to look')}\n${rows.map(([what, where]) => `  ${what.padEnd(9)}${pc.cyan(where)}`).join('\n')}`;
  }
}

const quiet = new Set(['attempt', 'ms', 'sha256', 'effect']);

/** One line of a timeline: when, what, and what proves it. */
function lineOf({ at, kind, step, data }: TimelineLine, acceptedAt: Date): string {
  const seconds = ((at.getTime() - acceptedAt.getTime()) / 1000).toFixed(3).padStart(7);
  const shown = Object.entries(data).filter(([name, value]) => !quiet.has(name) && value !== null);
  const what = [step, typeof data['effect'] === 'string' && data['effect'] !== step ? data['effect'] : '']
    .filter(Boolean)
    .join(' ');
  const details = shown.map(([name, value]) => `${name}=${inWords(value)}`).join(' ');
  return `  ${pc.dim(`${seconds} s`)}  ${kind.padEnd(14)} ${what}${details ? `  ${pc.dim(details)}` : ''}`;
}

/** Of what a copy was made, the way says enough here. */
const inWords = (value: unknown): string => {
  if (typeof value !== 'object' || value === null) return String(value);
  return 'way' in value ? String(value.way) : JSON.stringify(value);
};
