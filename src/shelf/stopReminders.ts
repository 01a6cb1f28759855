import type { LinkTokens } from '../ports/linkTokens.ts';
import type { ShelfStore } from '../ports/shelf.ts';

/** The end of reminders, behind the link that stands in them. */
export interface ReminderLinks {
  /** Whether the token is one of ours; nothing is changed by looking. */
  knows(token: string): boolean;
  /** Nobody is reminded any more. False: the token opens nothing. */
  stop(token: string): Promise<boolean>;
}

export function createReminderLinks({
  store,
  tokens,
}: {
  store: Pick<ShelfStore, 'stopClaimReminders'>;
  tokens: LinkTokens;
}): ReminderLinks {
  const profileOf = (token: string) => tokens.read('claim-reminders', token);
  return {
    knows: (token) => profileOf(token) !== undefined,
    async stop(token) {
      const profileId = profileOf(token);
      return profileId !== undefined && store.stopClaimReminders(profileId);
    },
  };
}
