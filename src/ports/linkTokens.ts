/** What a token opens. The kind is part of what is signed, so a token of one kind never passes for another. */
export type LinkTokenKind = 'download-link' | 'receipt-page' | 'credit-note-page' | 'claim-reminders';

/**
 * Tokens that stand in mails and on the shelf. A token is a function of kind, id and key: the same one can be written
 * again at any time, and it is stored nowhere.
 */
export interface LinkTokens {
  /** @param id uuid of a download link, of a credit note, of the payment whose receipt is shown, or of a profile */
  write(kind: LinkTokenKind, id: string): string;
  /** The id inside a token of that kind; undefined when the token is altered, guessed or of another kind. */
  read(kind: LinkTokenKind, token: string): string | undefined;
}
