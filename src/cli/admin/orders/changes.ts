import { mergeFacts } from '../../../domain/mergeFacts.ts';
import { readCount } from '../adminOptions.ts';
import { type AdminCommand, type Given, isGiven, numberOf, option, textOf } from '../command.ts';
import { orderChange } from './changeOrder.ts';
import { nameOf, type SeenOrder } from './orderView.ts';
import { lookAt } from './showOrders.ts';

const buyerOf = ({ buyer }: SeenOrder) => buyer?.email ?? 'the buyer';
const typedName = (order: SeenOrder) => ({ level: 'typed', value: nameOf(order), what: 'its name' }) as const;
const doneBefore = ({ steps }: SeenOrder): string[] => {
  const done = steps.filter(({ state }) => state === 'done').map(({ step }) => step);
  return done.length === 0 ? [] : [`What was done stays done: ${done.join(', ')}.`];
};
/** A word or number of the answer; it was made safe to show before. */
const textIn = (output: Readonly<Record<string, unknown>>, name: string): string => {
  const value = output[name];
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
};

const resend = orderChange({
  words: 'orders resend-receipt',
  operation: 'receipt:resend',
  summary: 'send the receipt once more, with fresh links, to the address the order has now',
  examples: [
    ['fulfillment orders resend-receipt R-2026/000123', ''],
    ['fulfillment orders resend-receipt R-2026/000123 --yes --wait', 'and see whether it was taken'],
  ],
  would: (order) => `send the receipt of ${nameOf(order)} to ${buyerOf(order)} once more`,
  details: () => ['Links that were sent before go on working.'],
  done: (_output, order) => `The receipt of ${nameOf(order)} is on its way to ${buyerOf(order)}.`,
  waitFor: 'mailJobId',
});

const reissue = orderChange({
  words: 'orders reissue-links',
  operation: 'links:reissue',
  summary: 'end all links in the mails of an order, and send a mail with new ones',
  examples: [['fulfillment orders reissue-links R-2026/000123 --reason "the mail was forwarded"', '']],
  would: (order) => `end the links of ${nameOf(order)} and send new ones to ${buyerOf(order)}`,
  details: () => ['Links in mails that the buyer has work no more.'],
  done: (output, order) =>
    `${textIn(output, 'endedLinks')} links of ${nameOf(order)} have ended; new ones are on their way to ${buyerOf(order)}.`,
  waitFor: 'mailJobId',
});

const setRecipient = orderChange({
  words: 'orders set-recipient',
  alias: 'correct-email',
  operation: 'email:correct',
  summary: 'correct the address of an order: mails, links and books go to the new one, and both are told',
  about: 'Needs a reason, and the new address typed once more.',
  options: [
    option('--email <address>', 'the right address', { required: true }),
    option('--confirm-claimed', 'whoever asks has proved that the shelf which owns the books is theirs'),
  ],
  examples: [
    [
      'fulfillment orders set-recipient R-2026/000123 --email anna@books.example --reason "misspelt, ticket 4711"',
      '',
    ],
  ],
  would: (order, given) =>
    `change the address of ${nameOf(order)} from ${buyerOf(order)} to ${addressIn(given)}`,
  details: () => [
    'Links that were sent end. Receipt and new links go to the new address; the old one is told.',
  ],
  danger: (_order, given) => ({ level: 'typed', value: addressIn(given), what: 'the new address' }),
  input: (given) => ({
    email: textOf(given, 'email'),
    confirmClaimed: isGiven(given, 'confirmClaimed') ? true : undefined,
  }),
  done: (output, order) =>
    [
      `The address of ${nameOf(order)} is corrected: ${textIn(output, 'movedEntitlements')} books have moved, ${textIn(output, 'endedLinks')} links have ended.`,
      ...(output['mayStillArrive'] === true ? ['A mail to the old address may still arrive.'] : []),
    ].join(' '),
});

const addressIn = (given: Given) => textOf(given, 'email') ?? '';

const mergeShelf = orderChange({
  words: 'orders merge-shelf',
  operation: 'profiles:merge',
  summary: 'put the whole shelf of an order’s buyer into that of another order’s',
  about:
    'Needs a reason, two facts that the buyer has proved about both shelves, and the other order’s id typed. There is no way back.',
  options: [
    option('--into <order>', 'an order on the shelf that takes everything, as its mails name it', {
      required: true,
    }),
    option('--facts <kinds>', `two or more, with commas, of ${mergeFacts.join(', ')}`, { required: true }),
    option('--give-up-sign-in', 'both shelves are claimed: the sign-in of the first one loses it'),
  ],
  examples: [
    [
      'fulfillment orders merge-shelf R-2026/000123 --into ABCD-EFGH-JKMN --facts order_id,card_last4 --reason "two addresses, ticket 4711"',
      '',
    ],
  ],
  would: (order, given) =>
    `put everything on the shelf of ${buyerOf(order)} onto the shelf of order ${textOf(given, 'into') ?? ''}`,
  details: () => [
    'All books move, those of this buyer’s other orders, too. What is bought with this address later goes there as well.',
    'Both addresses are told.',
  ],
  danger: (_order, given) => ({
    level: 'typed',
    value: textOf(given, 'into') ?? '',
    what: 'the order of the shelf that takes everything',
  }),
  input: (given) => ({
    intoOrderId: textOf(given, 'into'),
    facts: (textOf(given, 'facts') ?? '').split(',').map((fact) => fact.trim()),
    giveUpSignIn: isGiven(given, 'giveUpSignIn') ? true : undefined,
  }),
  done: (output, order) =>
    `Books that have moved from the shelf of ${nameOf(order)}’s buyer: ${textIn(output, 'moved')}. Both addresses are told.`,
});

const cancel = orderChange({
  words: 'orders cancel',
  operation: 'job:cancel',
  summary: 'end the work on an order for good; what was done stays done',
  about: 'Needs a reason, and the order’s name typed. Money is not given back by this: refund it in Stripe.',
  examples: [['fulfillment orders cancel R-2026/000123 --reason "duplicate, ticket 4711"', '']],
  would: (order) => `cancel ${nameOf(order)}`,
  details: doneBefore,
  danger: typedName,
  done: (output, order) =>
    `${nameOf(order)} is ${textIn(output, 'state')}.${output['atWork'] === true ? ' A worker had it in hand: what it was calling just then may still happen.' : ''}`,
});

const hold = orderChange({
  words: 'orders hold',
  operation: 'job:hold',
  summary: 'stop the work on an order until it is released; its clock stands meanwhile',
  examples: [['fulfillment orders hold R-2026/000123 --reason "fraud check"', '']],
  would: (order) => `hold ${nameOf(order)}`,
  details: doneBefore,
  done: (_output, order) => `${nameOf(order)} is held.`,
});

const release = orderChange({
  words: 'orders release',
  operation: 'job:release',
  summary: 'go on with an order that was held or cancelled',
  examples: [['fulfillment orders release R-2026/000123 --reason "fraud check passed"', '']],
  would: (order) => `go on with ${nameOf(order)}`,
  details: doneBefore,
  done: (output, order) => `${nameOf(order)} is ${textIn(output, 'state')}.`,
  waitFor: 'jobId',
});

const extend = orderChange({
  words: 'orders extend-downloads',
  operation: 'downloads:extend',
  summary: 'let the links in the mails of an order work again, or longer',
  options: [option('--days <count>', 'from now on, 1 to 30 (7)', { parse: readCount(1, 30), default: 7 })],
  examples: [['fulfillment orders extend-downloads R-2026/000123 --days 14', '']],
  would: (order, given) =>
    `let the links of ${nameOf(order)} work for ${numberOf(given, 'days') ?? 7} days from now`,
  input: (given) => ({ days: numberOf(given, 'days') }),
  done: (output, order) =>
    `${textIn(output, 'links')} links of ${nameOf(order)} work until ${textIn(output, 'until')}.`,
});

const reset = orderChange({
  words: 'orders reset-downloads',
  operation: 'downloads:reset',
  summary: 'count the downloads of an order from now on, for a buyer who has reached the limit',
  examples: [['fulfillment orders reset-downloads R-2026/000123', '']],
  would: (order) => `count the downloads of ${nameOf(order)} from now on`,
  done: (output, order) => `The downloads of ${nameOf(order)} count anew: ${textIn(output, 'links')} links.`,
});

const revoke = orderChange({
  words: 'orders revoke',
  operation: 'entitlement:revoke',
  summary: 'take the books of an order away, or one of them; with --undo, give them back',
  about: 'Needs a reason, and the order’s name typed.',
  options: [
    option('--line <number>', 'this line of the order alone', { parse: readCount(1, 10_000) }),
    option('--undo', 'give back what was taken away by this command'),
  ],
  examples: [
    ['fulfillment orders revoke R-2026/000123 --line 2 --reason "wrong edition, ticket 4711"', ''],
    ['fulfillment orders revoke R-2026/000123 --undo --reason "mistake"', ''],
  ],
  would: (order, given) => {
    const line = numberOf(given, 'line');
    const what = line === undefined ? 'all books' : `the book of line ${line}`;
    return isGiven(given, 'undo')
      ? `give back ${what} of ${nameOf(order)}`
      : `take away ${what} of ${nameOf(order)}`;
  },
  details: ({ entitlements }) =>
    entitlements.map(({ lineNo, title, state }) => `${lineNo}. ${title}: ${state}`),
  danger: (order, given) => (isGiven(given, 'undo') ? { level: 'yes' } : typedName(order)),
  input: (given) => ({
    lineNo: numberOf(given, 'line'),
    undo: isGiven(given, 'undo') ? true : undefined,
  }),
  done: (output, order) => `Of ${nameOf(order)}, lines changed: ${[output['lines']].flat().join(', ')}.`,
});

const attributeRefund = orderChange({
  words: 'orders attribute-refund',
  operation: 'refund:attribute',
  summary: 'say which lines of an order a refund is for, or that it is money only',
  about: 'Needs a reason. Access to these lines ends, and a credit note is issued for them.',
  options: [
    option('--refund <id>', 're_…, as the question names it', { required: true }),
    option('--lines <numbers>', 'lines of the order, with commas; none for money only', { required: true }),
  ],
  examples: [
    [
      'fulfillment orders attribute-refund R-2026/000123 --refund re_3QabcDEF --lines 2 --reason "asked for, ticket 4711"',
      '',
    ],
    [
      'fulfillment orders attribute-refund R-2026/000123 --refund re_3QabcDEF --lines none --reason "goodwill"',
      'access stays',
    ],
  ],
  jobOf: async (run, order) => {
    const settlement = order.relatedJobs.find(({ kind }) => kind === 'settle');
    return order.kind === 'settle' || !settlement ? order : lookAt(run, settlement.jobId);
  },
  would: (order, given) =>
    lineNosIn(given).length === 0
      ? `count refund ${textOf(given, 'refund')} of ${nameOf(order)} as money only`
      : `take lines ${lineNosIn(given).join(', ')} of ${nameOf(order)} for refund ${textOf(given, 'refund')}`,
  details: ({ entitlements }) =>
    entitlements.map(({ lineNo, title, state }) => `${lineNo}. ${title}: ${state}`),
  input: (given) => ({ refundId: textOf(given, 'refund'), lineNos: lineNosIn(given) }),
  done: (output, order) =>
    `Refund ${textIn(output, 'refundId')} of ${nameOf(order)} is attributed; what follows from it is being settled.`,
  waitFor: 'jobId',
});

/** What is no number is left to the operation, which says what is wrong with it. */
const lineNosIn = (given: Given): number[] => {
  const text = textOf(given, 'lines')?.trim() ?? '';
  return text === '' || text === 'none' ? [] : text.split(',').map(Number);
};

/** Changes of one order each. */
export const orderChanges: readonly AdminCommand[] = [
  resend,
  reissue,
  setRecipient,
  mergeShelf,
  hold,
  release,
  cancel,
  extend,
  reset,
  revoke,
  attributeRefund,
];
