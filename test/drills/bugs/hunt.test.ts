import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { drillNamed } from '../catalogue/catalogue.ts';
import { conduct } from '../drill.ts';
import { type DrilledShop, openDrilledShop } from '../drilledShop.ts';
import { type BugName, bugNames } from './bugs.ts';

/** Where a mistake comes to light, and by which of the checks. */
const hunts: Record<BugName, { drill: string; found: RegExp }> = {
  acknowledgesBeforeCommit: { drill: 'door cut before COMMIT', found: /acknowledged and is not kept/ },
  writesWithoutFence: { drill: 'zombie before a record', found: /did not hold the lease|unexpected\.error/ },
  namesEffectsAnew: { drill: 'killed', found: /every effect is done/ },
  takesNumbersAhead: { drill: 'killed before commit', found: /receipt numbers run from 1/ },
  repeatsUnansweredMail: { drill: 'mails taken without an answer', found: /a mail came twice/ },
  recordsMailBeforeSending: { drill: 'killed after commit', found: /owed and not in the inbox/ },
  forgetsRetries: { drill: 'mails lost without an answer', found: /did not come to rest/ },
  leavesBegunWork: { drill: 'killed', found: /did not come to rest/ },
  countsEventsAsPayments: { drill: 'undisturbed', found: /a payment is recorded that nobody made/ },
  grantsOneLine: { drill: 'undisturbed', found: /every line has one entitlement/ },
  leavesLinesOut: { drill: 'undisturbed', found: /every effect is told done/ },
  believesInCommits: { drill: 'cut before COMMIT', found: /./ },
  tellsAnalyticsAnew: { drill: 'analytics in trouble', found: /analytics were told of an order that is not/ },
  swallowsPoison: { drill: 'poison between good ones', found: /in quarantine where/ },
};

const restWithinMs = 6_000;
let shop: DrilledShop;
beforeAll(async () => {
  shop = await openDrilledShop();
});
afterAll(() => shop.remove());

describe('a mistake in the product', () => {
  it.for(bugNames)('%s is found', { timeout: 120_000 }, async (bug) => {
    const { drill, found } = hunts[bug];
    await shop.beginAnew(bug);
    const violations = await conduct(drillNamed(drill), shop, restWithinMs)
      .then((conducted) => conducted.violations)
      .catch((error: unknown) => [`The drill could not be conducted: ${(error as Error).message}`]);
    expect(violations.join('\n')).toMatch(found);
  });
});
