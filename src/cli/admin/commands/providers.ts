import { z } from 'zod';
import { tableLines } from '../../output/table.ts';
import { relativeText, timeText } from '../../output/times.ts';
import { membersOf, type Page } from '../adminRun.ts';
import { type AdminCommand, argumentOf } from '../command.ts';
import { changedDocument } from '../changed.ts';
import { drillProviders, wordOf } from './drillProviders.ts';
import { minutesOf, ttl } from './ttl.ts';

const provider = z.looseObject({
  provider: z.string(),
  state: z.string(),
  breaker: z.looseObject({ state: z.string(), retryAt: z.string().nullable(), failures: z.number() }),
  pause: z.looseObject({ until: z.string(), by: z.string(), reason: z.string() }).nullable(),
  waiting: z.number(),
  configured: z.boolean(),
});
const providersView = z.looseObject({
  providers: z.array(provider),
  countsAreWhole: z.boolean(),
  lastDrill: z.looseObject({ at: z.string(), verdict: z.string() }).nullish(),
});
type Provider = z.infer<typeof provider>;

const list: AdminCommand = {
  words: 'providers list',
  calls: ['provider:list'],
  changes: false,
  summary: 'show vendors with their breakers and pauses, and how much waits for each',
  examples: [
    ['fulfillment providers list', 'is anybody ill?'],
    ['fulfillment providers list --json | jq \'.providers[] | select(.state != "well")\'', 'only those'],
  ],
  async run(run) {
    const { raw, seen } = await run.read('provider:list', {}, providersView);
    run.show(membersOf(raw), (page) => providerLines(seen, page));
  },
};

function providerLines(
  { providers, countsAreWhole, lastDrill }: z.infer<typeof providersView>,
  page: Page,
): string[] {
  const unwell = providers.filter(({ state, configured }) => configured && state !== 'well');
  const verdict =
    unwell.length === 0
      ? page.paint.green('All providers are well.')
      : page.paint.yellow(unwell.map(({ provider: name, state }) => `${name} is ${state}`).join(', '));
  return [
    verdict,
    '',
    ...tableLines(
      {
        columns: [
          { title: 'PROVIDER' },
          { title: 'STATE' },
          { title: 'WAITING', align: 'right' },
          { title: 'DETAIL', cutFirst: 1 },
        ],
        rows: providers.map((one) => [
          one.provider,
          one.state,
          `${one.waiting}${countsAreWhole ? '' : '+'}`,
          detailOf(one, page.now),
        ]),
      },
      { widthMax: page.columns, heading: page.paint.dim },
    ),
    '',
    lastDrill
      ? `Last drill of mail: ${wordOf(lastDrill.verdict)}, begun ${relativeText(lastDrill.at, page.now)}.`
      : 'Last drill of mail: none.',
  ];
}

function detailOf({ pause, breaker, configured }: Provider, now: Date): string {
  if (!configured) return 'not configured: it is not called';
  if (pause) return `ends ${relativeText(pause.until, now)}; ${pause.by}: ${pause.reason}`;
  if (breaker.state === 'closed') return '';
  const next = breaker.retryAt === null ? '' : `, tried again ${relativeText(breaker.retryAt, now)}`;
  return `breaker ${breaker.state.replace('_', ' ')} after ${breaker.failures} failures${next}`;
}

const paused = z.looseObject({ pausedUntil: z.string() });

const pause: AdminCommand = {
  words: 'providers pause',
  calls: ['provider:pause'],
  changes: true,
  summary: 'stop all calls to a provider for a time; work for it waits and loses nothing',
  about:
    'Jobs that need it wait without spending attempts; their clocks run. It needs a reason, and the name typed.',
  arguments: [['<provider>', 'stripe, smtp, resend, listmonk, novu, storage, plausible or posthog']],
  options: [ttl],
  examples: [
    [
      'fulfillment providers pause smtp --ttl 30m --reason "the provider drops mail, case 4711"',
      'asks for the name',
    ],
    ['fulfillment providers pause smtp --ttl 30m --reason "…" --confirm=smtp', 'for scripts'],
  ],
  async run(run, given) {
    const [name, minutes] = [argumentOf(given), minutesOf(given)];
    const changed = await run.change(
      {
        operation: 'provider:pause',
        input: { provider: name, minutes },
        would: `stop all calls to ${name} for ${minutes} min`,
        details: ['Work for it waits, spends no attempt, and goes on by itself afterwards.'],
        danger: { level: 'typed', value: name, what: 'its name' },
      },
      paused,
    );
    if (!changed) return;
    run.show(changedDocument(changed), ({ now }) => [
      `${name} is paused until ${timeText(changed.seen.pausedUntil, now)}.`,
    ]);
    run.say(`Next: fulfillment providers resume ${name}`);
  },
};

const resume: AdminCommand = {
  words: 'providers resume',
  calls: ['provider:resume'],
  changes: true,
  summary: 'end the pause of a provider before it ends by itself',
  arguments: [['<provider>', 'stripe, smtp, resend, listmonk, novu, storage, plausible or posthog']],
  examples: [['fulfillment providers resume smtp', 'what has waited comes back within half a minute']],
  async run(run, given) {
    const name = argumentOf(given);
    const changed = await run.change(
      {
        operation: 'provider:resume',
        input: { provider: name },
        would: `let calls to ${name} go on`,
        details: [],
        danger: { level: 'yes' },
      },
      z.looseObject({ wasPausedUntil: z.string() }),
    );
    if (!changed) return;
    run.show(changedDocument(changed), () => [`${name} is not paused any more.`]);
    run.say('What has waited comes back within half a minute.');
  },
};

export const providerCommands: readonly AdminCommand[] = [list, pause, resume, drillProviders];
