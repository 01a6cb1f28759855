import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sizes } from '../../acceptance/sizes.ts';
import { drillNamed } from '../catalogue/catalogue.ts';
import { conduct } from '../drill.ts';
import { type DrilledShop, openDrilledShop } from '../drilledShop.ts';
import { type BugName, bugNames } from './bugs.ts';

interface Hunt {
  drill: string;
  /** What one of the checks says of it. */
  found: RegExp;
  long?: true;
}

/** Where a mistake comes to light. */
const hunts: Record<BugName, Hunt> = {
  acknowledgesBeforeCommit: { drill: 'door cut before COMMIT', found: /acknowledged and is not kept/ },
  writesWithoutFence: { drill: 'zombie beside its heir', found: /did not hold the lease/ },
  namesEffectsAnew: { drill: 'killed', found: /every effect is done/, long: true },
  takesNumbersAhead: { drill: 'killed before commit', found: /receipt numbers run from 1/, long: true },
  repeatsUnansweredMail: {
    drill: 'mails taken without an answer',
    found: /sent again though it had arrived/,
    long: true,
  },
  recordsMailBeforeSending: { drill: 'killed after commit', found: /owed and not in the inbox/, long: true },
  forgetsRetries: { drill: 'mails lost without an answer', found: /did not come to rest/, long: true },
  leavesBegunWork: { drill: 'killed', found: /did not come to rest/, long: true },
  countsEventsAsPayments: {
    drill: 'undisturbed',
    found: /a payment is recorded that nobody made/,
    long: true,
  },
  grantsOneLine: { drill: 'undisturbed', found: /every line has one entitlement/ },
  leavesLinesOut: { drill: 'undisturbed', found: /every effect is told done/, long: true },
  believesInCommits: {
    drill: 'cut before COMMIT',
    found: /on the disk and nowhere recorded|owed to nobody|every step of every plan/,
    long: true,
  },
  tellsAnalyticsAnew: {
    drill: 'analytics in trouble',
    found: /analytics were told of an order that is not/,
    long: true,
  },
  swallowsPoison: { drill: 'poison between good ones', found: /in quarantine where/ },
};

const restWithinMs = 6_000;
/** Some mistakes do harm only where one thing comes before another, as it mostly does. */
const triesMax = 3;
let shop: DrilledShop;
beforeAll(async () => {
  shop = await openDrilledShop();
});
afterAll(() => shop.remove());

describe('a mistake in the product', () => {
  it.for(bugNames.filter((name) => sizes.longDrills || !hunts[name].long))(
    '%s is found',
    { timeout: 240_000 },
    async (bug) => {
      const { drill, found } = hunts[bug];
      let violations = '';
      for (let tries = 0; tries < triesMax && !found.test(violations); tries += 1) {
        await shop.beginAnew(bug);
        violations = await conduct(drillNamed(drill), shop, restWithinMs)
          .then((conducted) => conducted.violations.join('\n'))
          .catch((error: unknown) => `The drill could not be conducted: ${(error as Error).message}`);
      }
      expect(violations).toMatch(found);
    },
  );
});
