import { z } from 'zod';
import { timeText } from '../../output/times.ts';
import { changedDocument } from '../changed.ts';
import type { AdminCommand } from '../command.ts';
import { minutesOf, ttl } from './ttl.ts';

const paused = z.looseObject({ pausedUntil: z.string() });

const pauseMail: AdminCommand = {
  words: 'mail pause',
  calls: ['mail:pause'],
  changes: true,
  summary: 'stop all mail for a time; mails that are owed wait and go out afterwards',
  options: [ttl],
  examples: [
    ['fulfillment mail pause --ttl 1h --reason "wrong price in the template"', 'asks for the word mail'],
  ],
  async run(run, given) {
    const minutes = minutesOf(given);
    const changed = await run.change(
      {
        operation: 'mail:pause',
        input: { minutes },
        would: `stop all mail for ${minutes} min`,
        details: ['Orders are fulfilled up to their mail. Mails that are owed go out afterwards.'],
        danger: { level: 'typed', value: 'mail', what: 'the word' },
      },
      paused,
    );
    if (!changed) return;
    run.show(changedDocument(changed), ({ now }) => [
      `No mail goes out until ${timeText(changed.seen.pausedUntil, now)}.`,
    ]);
    run.say('Next: fulfillment mail resume');
  },
};

const resumeMail: AdminCommand = {
  words: 'mail resume',
  calls: ['mail:resume'],
  changes: true,
  summary: 'let mail go out again before its pause ends by itself',
  examples: [['fulfillment mail resume --yes', '']],
  async run(run) {
    const changed = await run.change(
      {
        operation: 'mail:resume',
        input: {},
        would: 'let mail go out again',
        details: ['Mails that have waited go out now.'],
        danger: { level: 'yes' },
      },
      z.looseObject({ providers: z.array(z.string()) }),
    );
    if (!changed) return;
    run.show(changedDocument(changed), () => [`Mail goes out again: ${changed.seen.providers.join(', ')}.`]);
  },
};

export const mailCommands: readonly AdminCommand[] = [pauseMail, resumeMail];
