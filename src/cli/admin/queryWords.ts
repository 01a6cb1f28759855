import { qualifiers } from '../../domain/search/query.ts';
import { exitCodes } from '../exitCodes.ts';
import { CommandFailure } from '../failure.ts';
import type { Given } from './command.ts';

const negated = new RegExp(`^-(?:${qualifiers.join('|')}):`, 'i');

/**
 * The query of a command line, quoted as a whole or in words. What begins with a dash is a qualifier that is turned
 * round, or an option that there is not.
 */
export function queryOf({ arguments: words }: Given): string {
  const option = words.find((word) => word.startsWith('-') && !negated.test(word));
  if (option !== undefined)
    throw new CommandFailure(`unknown option '${option.split('=')[0]}'`, {
      exitCode: exitCodes.usage,
      code: 'usage',
      details: ['Only a qualifier is turned round by a dash: -status:completed. See: fulfillment help query'],
    });
  return words.join(' ');
}
