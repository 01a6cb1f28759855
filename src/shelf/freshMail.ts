import type { Identity } from '../ports/identity.ts';
import type { LinkTokens } from '../ports/linkTokens.ts';
import type { FreshMail, ShelfStore } from '../ports/shelf.ts';
import type { Language } from '../domain/order.ts';
import { shelfOwner } from './shelfOwner.ts';

export type AskedByLink =
  | { kind: 'unknown' }
  | { kind: 'revoked' | 'mailSent'; title: string; language: Language }
  | { kind: 'mailTooSoon'; title: string; language: Language; againAt: Date };

export interface FreshMails {
  /** By a link that may have expired; its token is all that it takes, for the mail goes to the buyer alone. */
  byLink(token: string): Promise<AskedByLink>;
  /** By whoever has the book on their shelf. */
  byOwner(identity: Identity, entitlementId: string): Promise<FreshMail | { outcome: 'not_found' }>;
}

interface FreshMailOptions {
  store: Pick<ShelfStore, 'readLink' | 'findOwned' | 'askFreshMail'>;
  tokens: LinkTokens;
  /** There is a mail to send. */
  onWork(): void;
}

/** A mail with fresh links, to the address of the order. Whoever asks is never told which that is. */
export function createFreshMails({ store, tokens, onWork }: FreshMailOptions): FreshMails {
  async function ask(entitlementId: string): Promise<FreshMail> {
    const asked = await store.askFreshMail(entitlementId);
    if (asked.outcome === 'asked') onWork();
    return asked;
  }

  return {
    async byLink(token) {
      const linkId = tokens.read('download-link', token);
      const target = linkId === undefined ? undefined : await store.readLink(linkId);
      if (!target) return { kind: 'unknown' };
      const { title, language, state, entitlementId } = target;
      if (state === 'revoked') return { kind: 'revoked', title, language };
      const asked = await ask(entitlementId);
      if (asked.outcome === 'not_owed') return { kind: 'revoked', title, language };
      if (asked.outcome === 'too_soon')
        return { kind: 'mailTooSoon', title, language, againAt: asked.againAt };
      return { kind: 'mailSent', title, language };
    },

    async byOwner(identity, entitlementId) {
      const owned = await store.findOwned(shelfOwner(identity), entitlementId);
      return owned ? ask(entitlementId) : { outcome: 'not_found' };
    },
  };
}
