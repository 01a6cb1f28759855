import { array, assert, constantFrom, integer, property, record, shuffledSubarray } from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Dispute,
  disputeStatuses,
  disputeTakes,
  type DisputeStatus,
  type MoneyRules,
  openDisputeRules,
  partialRefundRules,
  type Refund,
  type RefundAnswers,
  refundStands,
  refundStatuses,
  type RefundedLine,
  type RefundStatus,
  whatIsOwed,
} from './refunds.ts';

const lines: RefundedLine[] = [
  { lineNo: 1, productId: 'prod_a', quantity: 1, total: 1_000 },
  { lineNo: 2, productId: 'prod_b', quantity: 2, total: 3_000 },
  { lineNo: 3, productId: 'prod_c', quantity: 1, total: 1_000 },
];
const received = 5_000;
const asking: MoneyRules = { partialRefunds: 'ask', openDisputes: 'suspend' };

const refund = (id: string, amount: number, rest: Partial<Refund> = {}): Refund => ({
  id,
  amount,
  status: 'succeeded',
  createdAt: '2026-11-22T10:00:00.000Z',
  named: null,
  ...rest,
});
const dispute = (status: DisputeStatus): Dispute => ({
  id: 'du_1',
  amount: received,
  status,
  createdAt: '2026-11-22T10:00:00.000Z',
});

function owed(
  refunds: Refund[],
  rest: {
    disputes?: Dispute[];
    order?: RefundedLine[] | null;
    answers?: RefundAnswers;
    rules?: Partial<MoneyRules>;
  } = {},
) {
  const { disputes = [], order = lines, answers = {}, rules = {} } = rest;
  return whatIsOwed({
    money: { received, refunds, disputes },
    lines: order,
    answers,
    rules: { ...asking, ...rules },
  });
}

describe('a refund in full', () => {
  it('takes every line, and is for every line', () => {
    expect(owed([refund('re_1', 5_000)])).toEqual({
      takenBack: true,
      takenLines: [1, 2, 3],
      refunded: 5_000,
      disputed: false,
      refunds: [
        {
          id: 're_1',
          amount: 5_000,
          createdAt: '2026-11-22T10:00:00.000Z',
          lines: [1, 2, 3],
          ends: [1, 2, 3],
          open: false,
        },
      ],
      questions: [],
      waitsForOrder: false,
    });
  });

  it.each<[RefundStatus, boolean]>([
    ['pending', true],
    ['requires_action', true],
    ['succeeded', true],
    ['failed', false],
    ['canceled', false],
  ])('that is %s counts: %s', (status, counts) => {
    const { takenBack, refunded, takenLines } = owed([refund('re_1', 5_000, { status })]);
    expect({ takenBack, refunded, takenLines }).toEqual({
      takenBack: counts,
      refunded: counts ? 5_000 : 0,
      takenLines: counts ? [1, 2, 3] : [],
    });
  });

  it('counts before the order is known', () => {
    expect(owed([refund('re_1', 5_000)], { order: null })).toMatchObject({
      takenBack: true,
      takenLines: [],
      waitsForOrder: false,
      questions: [],
    });
  });

  it('may come in parts that name nothing; the last of them ends what is left', () => {
    const first = refund('re_1', 2_000);
    const last = refund('re_2', 3_000, { createdAt: '2026-11-22T11:00:00.000Z' });
    const result = owed([last, first]);
    expect(result).toMatchObject({ takenBack: true, takenLines: [1, 2, 3], questions: [] });
    expect(result.refunds.map(({ id, lines: named, ends }) => ({ id, named, ends }))).toEqual([
      { id: 're_1', named: null, ends: [] },
      { id: 're_2', named: null, ends: [1, 2, 3] },
    ]);
  });

  it('takes nothing back of an order that cost nothing', () => {
    const free = whatIsOwed({
      money: { received: 0, refunds: [], disputes: [] },
      lines,
      answers: {},
      rules: asking,
    });
    expect(free).toMatchObject({ takenBack: false, takenLines: [], refunded: 0 });
  });
});

describe('a partial refund', () => {
  it('takes the line that it names by number', () => {
    expect(owed([refund('re_1', 400, { named: [{ lineNo: 3 }] })])).toMatchObject({
      takenBack: false,
      takenLines: [3],
      refunded: 400,
      refunds: [{ lines: [3], ends: [3], open: false }],
      questions: [],
    });
  });

  it('takes the line whose product it names, once all its copies are named', () => {
    const one = refund('re_1', 1_500, { named: [{ productId: 'prod_b', quantity: 1 }] });
    const other = { ...one, id: 're_2' };
    expect(owed([one])).toMatchObject({ takenLines: [], refunds: [{ lines: [2], ends: [] }], questions: [] });
    expect(owed([one, other])).toMatchObject({
      takenLines: [2],
      refunds: [
        { lines: [2], ends: [] },
        { lines: [2], ends: [2] },
      ],
    });
  });

  it('takes everything back once every line was named, whatever the shop has kept for itself', () => {
    const named = [{ lineNo: 1 }, { lineNo: 2 }, { lineNo: 3 }];
    expect(owed([refund('re_1', 4_000, { named })])).toMatchObject({
      takenBack: true,
      takenLines: [1, 2, 3],
    });
  });

  it.each<[string, Refund['named']]>([
    ['a line that is not there', [{ lineNo: 9 }]],
    ['a product that was not bought', [{ productId: 'prod_z', quantity: 1 }]],
    ['nothing that can be read', 'unusable'],
    ['nothing at all', null],
  ])('that names %s makes a question', (_what, named) => {
    expect(owed([refund('re_1', 700, { named })])).toMatchObject({
      takenLines: [],
      refunded: 700,
      questions: ['re_1'],
      refunds: [{ lines: null, open: true }],
    });
  });

  it('asks where a product stands in two lines', () => {
    const twice = lines.map((line) => ({ ...line, productId: 'prod_a' }));
    const named = [{ productId: 'prod_a', quantity: 1 }];
    expect(owed([refund('re_1', 700, { named })], { order: twice }).questions).toEqual(['re_1']);
  });

  it('waits for the order, without a question that nobody could answer', () => {
    expect(owed([refund('re_1', 700)], { order: null })).toMatchObject({
      takenBack: false,
      waitsForOrder: true,
      questions: [],
    });
  });

  it('takes money only where the shop keeps access', () => {
    expect(owed([refund('re_1', 700)], { rules: { partialRefunds: 'keep' } })).toMatchObject({
      takenLines: [],
      refunded: 700,
      questions: [],
      refunds: [{ lines: null, open: false }],
    });
  });

  it.each<[number, number[], string[]]>([
    [3_000, [2], []],
    [1_000, [], ['re_1']],
    [999, [], ['re_1']],
  ])('of %i matches the one line that costs as much: %j, else asks: %j', (amount, taken, questions) => {
    const result = owed([refund('re_1', amount)], { rules: { partialRefunds: 'match' } });
    expect(result).toMatchObject({ takenLines: taken, questions });
  });

  it('does not match a line that another refund has named', () => {
    const named = refund('re_1', 1_000, { named: [{ lineNo: 1 }] });
    const result = owed([refund('re_0', 1_000), named], { rules: { partialRefunds: 'match' } });
    expect(result).toMatchObject({ takenLines: [1, 3], questions: [] });
  });
});

describe('what people answer', () => {
  it('counts before what the refund names and what the rule says', () => {
    const result = owed([refund('re_1', 1_000, { named: [{ lineNo: 1 }] })], { answers: { re_1: [3] } });
    expect(result).toMatchObject({ takenLines: [3], questions: [] });
  });

  it('may be that it was money only', () => {
    expect(owed([refund('re_1', 1_000)], { answers: { re_1: [] } })).toMatchObject({
      takenLines: [],
      questions: [],
      refunds: [{ lines: null, ends: [], open: false }],
    });
  });

  it('counts for nothing once the refund has failed', () => {
    const failed = refund('re_1', 1_000, { status: 'failed' });
    expect(owed([failed], { answers: { re_1: [3] } })).toMatchObject({ takenLines: [], refunded: 0 });
  });
});

describe('a dispute', () => {
  it.each<[DisputeStatus, boolean, boolean]>([
    ['warning_needs_response', false, false],
    ['warning_under_review', false, false],
    ['warning_closed', false, false],
    ['needs_response', true, false],
    ['under_review', true, false],
    ['won', false, false],
    ['lost', true, true],
    ['appeal_needs_response', true, true],
    ['appeal_under_review', true, true],
    ['prevented', false, false],
  ])('that is %s takes all: %s, and where open ones leave access: %s', (status, suspends, keeps) => {
    const disputes = [dispute(status)];
    expect(owed([], { disputes })).toMatchObject({ takenBack: suspends, disputed: suspends, refunded: 0 });
    expect(owed([], { disputes, rules: { openDisputes: 'keep' } }).takenBack).toBe(keeps);
    expect(owed([], { disputes }).takenLines).toEqual(suspends ? [1, 2, 3] : []);
  });

  it('that is won gives back nothing that a refund has taken', () => {
    const result = owed([refund('re_1', 400, { named: [{ lineNo: 3 }] })], { disputes: [dispute('won')] });
    expect(result).toMatchObject({ takenBack: false, takenLines: [3], disputed: false });
  });

  it('leaves open what a partial refund is for', () => {
    expect(owed([refund('re_1', 400)], { disputes: [dispute('lost')] }).questions).toEqual(['re_1']);
  });
});

describe('whatever the facts are', () => {
  const refunds = array(
    record({
      amount: integer({ min: 1, max: 6_000 }),
      status: constantFrom(...refundStatuses),
      hour: integer({ min: 10, max: 12 }),
      named: constantFrom<Refund['named']>(
        null,
        null,
        'unusable',
        [{ lineNo: 1 }],
        [{ lineNo: 2 }, { lineNo: 3 }],
        [{ lineNo: 7 }],
        [{ productId: 'prod_b', quantity: 1 }],
      ),
    }),
    { maxLength: 5 },
  ).map((some) =>
    some.map(({ hour, ...rest }, at): Refund => ({
      ...rest,
      id: `re_${at}`,
      createdAt: `2026-11-22T${hour}:00:00.000Z`,
    })),
  );
  const disputes = array(constantFrom(...disputeStatuses).map(dispute), { maxLength: 2 });
  const answers = constantFrom<RefundAnswers>({}, { re_0: [] }, { re_0: [1], re_1: [2, 3] }, { re_2: [9] });
  const rules = record({
    partialRefunds: constantFrom(...partialRefundRules),
    openDisputes: constantFrom(...openDisputeRules),
  });
  const facts = record({ refunds, disputes, answers, rules });
  type Facts = { refunds: Refund[]; disputes: Dispute[]; answers: RefundAnswers; rules: MoneyRules };
  const judge = ({ refunds: some, ...rest }: Facts) => owed(some, rest);
  const holds = (check: (of: Facts) => void) => assert(property(facts, check), { numRuns: 300 });

  it('their order does not matter', () => {
    assert(
      property(
        facts.chain((of) =>
          shuffledSubarray(of.refunds, { minLength: of.refunds.length }).map((mixed) => ({ of, mixed })),
        ),
        ({ of, mixed }) => {
          expect(judge({ ...of, refunds: mixed })).toEqual(judge(of));
        },
      ),
      { numRuns: 300 },
    );
  });

  it('failed refunds and disputes that take nothing leave no trace', () =>
    holds((of) => {
      const quiet = {
        ...of,
        refunds: of.refunds.filter(refundStands),
        disputes: of.disputes.filter((one) => disputeTakes(one, of.rules)),
      };
      expect(judge(quiet)).toEqual(judge(of));
    }));

  it('what was refunded is the sum of what stands, and as much as was received takes everything', () =>
    holds((of) => {
      const result = judge(of);
      const sum = of.refunds.filter(refundStands).reduce((all, { amount }) => all + amount, 0);
      expect(result.refunded).toBe(sum);
      if (sum >= received) expect(result).toMatchObject({ takenBack: true, questions: [] });
      if (result.takenBack) expect(result.takenLines).toEqual([1, 2, 3]);
      else expect(result.takenLines.length).toBeLessThan(3);
    }));

  it('a line ends with one refund at most, and what ends is taken', () =>
    holds((of) => {
      const { refunds: told, takenLines } = judge(of);
      const ends = told.flatMap((one) => one.ends);
      expect(new Set(ends).size).toBe(ends.length);
      expect(takenLines).toEqual(expect.arrayContaining(ends));
    }));

  it('every question is of a refund that stands and was not answered; without them nothing waits', () =>
    holds((of) => {
      const { questions, refunds: told } = judge(of);
      expect(questions).toEqual(told.filter(({ open }) => open).map(({ id }) => id));
      for (const id of questions) expect(of.answers[id]).toBeUndefined();
      if (of.rules.partialRefunds === 'keep')
        for (const id of questions) expect(of.refunds.find((one) => one.id === id)?.named).not.toBeNull();
    }));

  it('before the order is known, nothing is taken that would not be taken afterwards', () =>
    holds((of) => {
      const before = owed(of.refunds, { ...of, order: null });
      if (before.takenBack) expect(judge(of).takenBack).toBe(true);
      expect(before.questions).toEqual([]);
    }));
});
