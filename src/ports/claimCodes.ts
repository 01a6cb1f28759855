/**
 * Codes by which a guest's purchase is claimed: read in a mail, typed by a person. A code is a function of the id of its
 * row and a key, and is stored nowhere.
 */
export interface ClaimCodes {
  /** Eight capital letters and digits. @param codeId uuid of the row that stands for it */
  write(codeId: string): string;
  /** Whether this was typed for it, in whatever case and with whatever spaces. Undefined: for none, at the same cost. */
  matches(codeId: string | undefined, typed: string): boolean;
}
