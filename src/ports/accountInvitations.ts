/** Accounts at the identity provider for buyers who have none. */
export interface AccountInvitations {
  /**
   * Opens an account for an address that has none, and gives a page where whoever reads its mailbox chooses a password:
   * a secret, for that mailbox alone. Asked again for the same address it gives another page for the same account.
   *
   * @param canonicalEmail in the one form of domain/emailAddress.ts, so that the account's address is found on the shelf
   * @returns null when the address has an account that is not merely our invitation: it is signed in to as ever
   * @throws Fault `transient`, `rate_limited` or `permanent`
   */
  invite(canonicalEmail: string, signal: AbortSignal): Promise<string | null>;
}
