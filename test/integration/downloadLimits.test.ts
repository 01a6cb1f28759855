import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { insertMailLink } from '../builders/ownedEbook.ts';
import { copyBytes, downloadLimits, startShelfStack, type ShelfStack } from '../builders/shelfStack.ts';

let stack: ShelfStack;

beforeAll(async () => {
  stack = await startShelfStack();
});

afterAll(() => stack.stop());

interface Delivery {
  sent?: number;
  asked?: number;
  minutesAgo?: number;
  ended?: boolean;
}

/** Deliveries of a link as they were written, each by default whole and an hour ago. */
async function given(token: string, deliveries: Delivery[]): Promise<void> {
  const linkId = stack.tokens.read('download-link', token);
  for (const { sent, asked = copyBytes.length, minutesAgo = 60, ended = true } of deliveries) {
    await stack.admin.query(
      `insert into fulfillment.downloads (link_id, entitlement_id, format, storage_key, delivered_by, size_bytes,
              asked_bytes, sent_bytes, at, finished_at)
       select l.id, l.entitlement_id, l.format, 'x', 'stream', $2, $3, $4, t.at, case when $6 then t.at end
         from fulfillment.download_links l, (select clock_timestamp() - $5 * interval '1 minute' as at) t
        where l.id = $1`,
      [linkId, copyBytes.length, asked, sent ?? (ended ? asked : 0), minutesAgo, ended],
    );
  }
}

const statusOf = async (token: string) => (await stack.click(token)).statusCode;
const whole: Delivery = {};

describe('the limit of a link', () => {
  it('ends with a page that says when it works again: a day after the first of those that fill it', async () => {
    const { token } = await stack.givenLink({ language: 'pl' });
    await given(token, [{ minutesAgo: 23 * 60 }, { minutesAgo: 22 * 60 }, whole]);
    const answer = await stack.click(token);
    expect(answer.statusCode).toBe(429);
    expect(answer.body).toContain('Tę książkę pobrano dziś wiele razy');
    const waitSeconds = Number(answer.headers['retry-after']);
    expect(waitSeconds).toBeGreaterThan(3_500);
    expect(waitSeconds).toBeLessThanOrEqual(3_600);
    const again = new Date(/datetime="([^"]+)"/.exec(answer.body)?.[1] ?? '').getTime();
    expect(again - Date.now()).toBeGreaterThan(3_500_000);
    expect(again - Date.now()).toBeLessThanOrEqual(3_660_000);
  });

  it('counts what was sent, not what was asked for', async () => {
    const { token } = await stack.givenLink();
    await given(token, [whole, whole, { sent: copyBytes.length - 1 }]);
    expect(await statusOf(token)).toBe(200);
  });

  it('counts what is under way as asked for, unless it died over an hour ago', async () => {
    const { token } = await stack.givenLink();
    await given(token, [whole, whole, { ended: false, minutesAgo: 59 }]);
    expect(await statusOf(token)).toBe(429);
    const other = await stack.givenLink();
    await given(other.token, [whole, whole, { ended: false, minutesAgo: 61 }]);
    expect(await statusOf(other.token)).toBe(200);
  });

  it('forgets what is a day old', async () => {
    const { token } = await stack.givenLink();
    await given(token, [{ minutesAgo: 24 * 60 + 1 }, { minutesAgo: 24 * 60 + 1 }, whole, whole]);
    expect(await statusOf(token)).toBe(200);
  });

  it('is not passed by requests side by side', async () => {
    const { token } = await stack.givenLink();
    const statuses = await Promise.all(Array.from({ length: 9 }, () => statusOf(token)));
    expect(statuses.filter((status) => status === 200)).toHaveLength(downloadLimits.perLink);
    expect(statuses.filter((status) => status === 429)).toHaveLength(9 - downloadLimits.perLink);
  });

  it('begins anew where it was reset', async () => {
    const { token } = await stack.givenLink();
    await given(token, [whole, whole, whole]);
    expect(await statusOf(token)).toBe(429);
    await stack.admin.query(
      'update fulfillment.download_links set limit_reset_at = clock_timestamp() where id = $1',
      [stack.tokens.read('download-link', token)],
    );
    expect(await statusOf(token)).toBe(200);
  });
});

describe('the limit of a book', () => {
  it('counts all of its links in one format, side by side too', async () => {
    const ebook = await stack.givenEbook();
    const tokens = [];
    for (const mail of ['a', 'b', 'c']) {
      const orderId = `${ebook.orderId}-${mail}`;
      const linkId = await insertMailLink(stack.admin, { ...ebook, orderId });
      tokens.push(stack.tokens.write('download-link', linkId));
    }
    const statuses = await Promise.all(tokens.flatMap((token) => [statusOf(token), statusOf(token)]));
    expect(statuses.filter((status) => status === 200)).toHaveLength(downloadLimits.perEbook);
  });
});

describe('a download that cannot be noted', () => {
  it('reaches its buyer all the same, and the log is told', async () => {
    const { token } = await stack.givenLink();
    await stack.admin.query('alter function fulfillment.begin_download rename to begin_download_gone');
    try {
      const answer = await stack.click(token);
      expect(answer.rawPayload.equals(copyBytes)).toBe(true);
      expect(stack.told).toContainEqual({
        name: 'unexpected.error',
        during: 'begin_download',
        error: expect.any(String),
      });
    } finally {
      await stack.admin.query('alter function fulfillment.begin_download_gone rename to begin_download');
    }
  });
});
