import { bounceText } from '../../../domain/bounces.ts';
import { toldState } from '../../../domain/deliveryState.ts';
import { decimalText } from '../../../domain/money.ts';
import { reasonText } from '../../../domain/troubleWords.ts';
import { factLines } from '../../output/table.ts';
import { durationText, relativeText, timeText, utcText } from '../../output/times.ts';
import { hanging, wrapToWidth } from '../../output/textWidth.ts';
import type { Page } from '../adminRun.ts';
import type { SeenAttempt, SeenOrder } from './orderView.ts';
import { waterfallLines } from './waterfall.ts';

export interface OrderLinesOptions {
  /** All attempts, also those that were well. */
  attempts: boolean;
  /** The timeline. */
  events: boolean;
}

/** An order for people: the verdict, what it rests on, and what to do next. */
export function orderLines(order: SeenOrder, page: Page, options: OrderLinesOptions): string[] {
  const failed = order.attempts.filter(({ outcome }) => outcome !== 'done' && outcome !== 'skipped');
  const attempts = options.attempts ? order.attempts : failed.slice(-5);
  return [
    ...verdictLines(order, page),
    '',
    ...factsOf(order, page),
    ...titled('STEPS', waterfallLines(order, page), page),
    ...titled(
      options.attempts ? 'ATTEMPTS' : 'WHAT WENT WRONG',
      attempts.flatMap((one) => attemptLines(one, page)),
      page,
    ),
    ...section(
      'MAILS',
      order.mails.map((mail) => mailLine(mail, page)),
      page,
    ),
    ...section(
      'BOOKS',
      order.entitlements.map((one) => bookLine(one, page)),
      page,
    ),
    ...section('MONEY BACK', moneyLines(order), page),
    ...section(
      'ALERTS',
      order.alerts.map(({ alertId, state, summary }) => `${state}: ${summary} (${alertId})`),
      page,
    ),
    ...section(
      'FINDINGS',
      order.findings.map(({ kind, state, findingId }) => `${state}: ${kind} (${findingId})`),
      page,
    ),
    ...section(
      'OTHER JOBS',
      order.relatedJobs.map((one) => relatedLine(one, page)),
      page,
    ),
    ...section(
      'STAFF',
      order.audit.slice(0, 5).map((row) => auditLine(row, page)),
      page,
    ),
    ...(options.events ? section('TIMELINE', order.timeline.map(eventLine), page) : []),
    ...titled(
      'NEXT',
      order.nextActions.flatMap(({ what, cli }) => [`${what}:`, `  ${cli}`]),
      page,
    ),
  ];
}

/** One sentence, in the colour of the state. */
export function verdictLines({ verdict, state }: SeenOrder, { paint, columns }: Page): string[] {
  const colours: Record<string, (text: string) => string> = {
    completed: paint.green,
    failed: paint.red,
    blocked: paint.yellow,
    held: paint.yellow,
    cancelled: paint.dim,
  };
  const colour = colours[state] ?? paint.bold;
  return wrapToWidth(verdict, columns).map((line) => colour(line));
}

function titled(title: string, lines: readonly string[], { paint }: Page): string[] {
  return lines.length === 0 ? [] : ['', paint.dim(title), ...lines];
}

const section = (title: string, lines: readonly string[], page: Page) =>
  titled(
    title,
    lines.flatMap((line) => hanging(line, page.columns)),
    page,
  );

function factsOf(order: SeenOrder, { now, paint }: Page): string[] {
  const { payment, buyer, sla } = order;
  const promise =
    sla.met === null
      ? `until ${utcText(sla.deadline)} (${relativeText(sla.deadline, now)})`
      : `${sla.met ? 'kept' : 'broken'}, ${utcText(sla.deadline)}`;
  const taken = order.finishedAt === null ? null : secondsBetween(order.createdAt, order.finishedAt);
  return factLines(
    [
      ['order', [order.orderId, order.receipt?.number].filter(Boolean).join(', ')],
      ['payment', payment && paymentText(order)],
      ['buyer', buyer && [buyer.email, buyer.name, buyer.country].filter(Boolean).join(', ')],
      [
        'bought',
        order.order && order.order.lines.map(({ title, quantity }) => `${quantity} × ${title}`).join('; '),
      ],
      ['status', `${order.status}${order.worker === null ? '' : `, in hand of ${order.worker}`}`],
      ['accepted', timeText(order.createdAt, now)],
      [
        'finished',
        order.finishedAt && `${timeText(order.finishedAt, now)}, after ${durationText(taken ?? 0)}`,
      ],
      ['next try', order.dueAt && timeText(order.dueAt, now)],
      ['promise', promise],
      ['job', `${order.jobId}, version ${order.version}${order.kind === 'fulfil' ? '' : `, ${order.kind}`}`],
    ],
    paint.dim,
  );
}

const secondsBetween = (from: string, to: string) => (Date.parse(to) - Date.parse(from)) / 1_000;

function paymentText({ payment }: SeenOrder): string {
  if (!payment) return '';
  const { amountMinor, currency, paid, takenBack, livemode, key } = payment;
  const amount =
    amountMinor === null || currency === null
      ? []
      : [`${decimalText({ amountMinor, currency })} ${currency.toUpperCase()}`];
  const standing = takenBack ? 'taken back' : paid ? 'paid' : 'not paid';
  return [...amount, standing, ...(livemode ? [] : ['TEST MODE']), key].join(', ');
}

function moneyLines({ money, payment, order }: SeenOrder): string[] {
  const currency = payment?.currency ?? order?.currency;
  if (!money || !currency) return [];
  const text = (amountMinor: number) => `${decimalText({ amountMinor, currency })} ${currency.toUpperCase()}`;
  const noteOf = (refundId: string) =>
    money.creditNotes.filter((note) => note.refundId === refundId).map(({ number }) => number);
  return [
    ...money.refunds.map(({ refundId, amountMinor, status, lineNos }) =>
      [
        `refund ${refundId}: ${text(amountMinor)}, ${status}`,
        ...(lineNos === null ? [] : [`lines ${lineNos.join(', ')}`]),
        ...noteOf(refundId),
      ].join(', '),
    ),
    ...money.disputes.map(
      ({ disputeId, amountMinor, status }) => `dispute ${disputeId}: ${text(amountMinor)}, ${status}`,
    ),
  ];
}

export function attemptLines(one: SeenAttempt, { now, paint, columns }: Page): string[] {
  const same = one.comparedWithBefore;
  const head = `#${one.no} ${[one.step, one.effect].filter(Boolean).join(' ')}: ${one.outcome}`;
  const why =
    same?.startsWith('same') === true ? same : [one.fault, one.reason, one.detail].filter(Boolean).join(', ');
  const where = [one.provider, one.providerRequestId && `request ${one.providerRequestId}`]
    .filter(Boolean)
    .join(' ');
  const again = one.againInMs === null ? '' : `; again after ${durationText(one.againInMs / 1_000)}`;
  const told = [why, where && `(${where})`].filter(Boolean).join(' ');
  const line = `${head}${told === '' ? '' : `, ${told}`}${again}`;
  return [...hanging(line, columns), paint.dim(`    ${timeText(one.at, now)}`)];
}

type SeenMail = SeenOrder['mails'][number];

function mailLine(mail: SeenMail, { now }: Page): string {
  const { kind, to, state, acceptedAt, createdAt, provider, ambiguities } = mail;
  const when =
    acceptedAt === null ? `written ${relativeText(createdAt, now)}` : `accepted ${timeText(acceptedAt, now)}`;
  return [
    `${kind} to ${to}: ${state}`,
    when,
    ...(provider === null ? [] : [`by ${provider}`]),
    ...deliveryText(mail, now),
    ...triesText(mail),
    ...(ambiguities > 0 ? [`may have come ${ambiguities + 1} times`] : []),
  ].join(', ');
}

/** What became of it after it was accepted, when, and where that was heard. */
function deliveryText({ delivery, evidence, awaitsReport }: SeenMail, now: Date): string[] {
  if (delivery === 'unproven') return ['nothing proves it yet'];
  if (awaitsReport) return ['no delivery event yet'];
  const heard = evidence.findLast(({ kind, permanence }) => toldState(kind, permanence) === delivery);
  if (delivery === null || heard === undefined) return [];
  const why = heard.kind === 'bounced' ? `: ${bounceText(heard)}` : '';
  const what = delivery === 'accepted' ? 'proven' : delivery;
  return [`${what} ${timeText(heard.at, now)}${why}, told by ${heard.source}`];
}

/** Through whom it was tried, where that was more than once; the latest ones by name. */
function triesText({ attemptCount, attempts }: SeenMail): string[] {
  if (attemptCount <= 1) return [];
  const told = attempts
    .slice(-4)
    .map(({ provider, outcome, detail }) =>
      [provider, outcome ?? 'no answer', outcome === 'refused' && detail !== null ? `(${detail})` : '']
        .filter(Boolean)
        .join(' '),
    );
  return [[`${attemptCount} tries`, told.join('; ')].filter(Boolean).join(': ')];
}

function bookLine(book: SeenOrder['entitlements'][number], { now }: Page): string {
  const live = book.links.reduce((sum, { live: count }) => sum + count, 0);
  const expires = book.links
    .map(({ expiresAt }) => expiresAt)
    .filter((at) => at !== null)
    .toSorted()
    .at(-1);
  const downloads = book.downloads.reduce((sum, { count }) => sum + count, 0);
  const last = book.downloads
    .map(({ lastAt }) => lastAt)
    .toSorted()
    .at(-1);
  return [
    `${book.lineNo}. ${book.title}: ${book.state}${book.claimed ? ', claimed' : ''}`,
    // What is taken back opens by no link, however long it would have been valid.
    live === 0 || book.state === 'revoked'
      ? 'no link works'
      : `${live} links work${expires === undefined ? '' : `, until ${utcText(expires)}`}`,
    downloads === 0
      ? 'never downloaded'
      : `downloaded ${downloads} times, last ${relativeText(last ?? '', now)}`,
  ].join('; ');
}

const relatedLine = (
  { jobId, kind, state, reason, createdAt }: SeenOrder['relatedJobs'][number],
  { now }: Page,
) =>
  `${kind}: ${state}${reason === null ? '' : ` (${reasonText(reason)})`}, ${relativeText(createdAt, now)}, ${jobId}`;

const auditLine = ({ at, actor, action, result, reason }: SeenOrder['audit'][number], { now }: Page) =>
  `${relativeText(at, now)}: ${actor} ${action}, ${result}${reason === null ? '' : `: ${reason}`}`;

function eventLine({ seq, at, kind, step, actor, data }: SeenOrder['timeline'][number]): string {
  const told = Object.entries(data).map(
    ([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  );
  return `${seq}. ${utcText(at)} ${[kind, step].filter(Boolean).join(' ')} ${actor} ${told.join(' ')}`;
}
