import type pg from 'pg';
import { CommandFailure } from '../cli/failure.ts';
import { readPaymentModes } from '../store/inspection/readPaymentModes.ts';

const modeText = (livemode: boolean) => (livemode ? 'live mode' : 'test mode');

/**
 * Test mode and live mode never meet in one database: receipts of both would share a series, and buyers would get mails
 * about purchases that nobody made.
 *
 * @throws CommandFailure when key and payments are of different modes
 */
export async function refuseOtherMode(pool: Pick<pg.Pool, 'query'>, livemode: boolean): Promise<void> {
  const modes = await readPaymentModes(pool);
  if (modes.every((mode) => mode === livemode)) return;
  throw new CommandFailure(
    `STRIPE_SECRET_KEY is of ${modeText(livemode)}, but the database holds payments of ${modeText(!livemode)}.`,
    {
      code: 'other_mode',
      details: [
        `Use a key of ${modeText(!livemode)}, or a database of its own for ${modeText(livemode)}.`,
        'Nothing was started, and nothing was changed.',
      ],
    },
  );
}
