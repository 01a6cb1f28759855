import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mailTemplateNames } from '../../src/domain/mailTemplates.ts';
import { languages } from '../../src/domain/order.ts';
import { type Chromium, chromiumPath, openChromium } from '../builders/chromium.ts';
import { faultsOf, looks } from '../builders/mailLooks.ts';
import { createSamplePreview } from '../builders/samplePreview.ts';

const path = chromiumPath();

/** Dark, pale, glaring: what shops choose. */
const colours = ['#0f5c4d', '#ffe14d', '#ff0000', '#000000', '#ffffff', '#777777'];

describe.skipIf(path === undefined)(
  `every mail in every look${path === undefined ? ' (skipped: no Chromium here)' : ''}`,
  () => {
    let browser: Chromium;
    beforeAll(async () => {
      browser = await openChromium(path ?? '');
    });
    afterAll(() => browser.close());

    it.each(mailTemplateNames.flatMap((name) => languages.map((language) => [name, language] as const)))(
      '%s (%s) can be read in every colour of a shop',
      async (name, language) => {
        for (const colour of colours) {
          const mail = await createSamplePreview({ colour }).render(name, language);
          for (const look of looks) {
            await browser.look(look);
            const wanted = { lang: language === 'pl' ? 'pl-PL' : 'en-GB', title: mail.subject };
            const faults = await faultsOf(browser, mail.html, wanted);
            expect.soft(faults, `${colour} ${JSON.stringify(look)}`).toEqual([]);
          }
        }
      },
    );
  },
);
