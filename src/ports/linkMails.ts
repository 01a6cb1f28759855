/** How far the mails have come that bring a buyer links to all books of a payment. */
export interface LinkMailsKnown {
  /** When the last one was taken of those that went to the present address; null: none was. */
  acceptedAt: Date | null;
  /** One that was asked for is still to go there. */
  onItsWay: boolean;
}

/** Reads what the present address of an order was sent: mails from before its last correction do not count. */
export interface LinkMails {
  look(paymentId: string): Promise<LinkMailsKnown>;
}
