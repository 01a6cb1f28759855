/** A message to the shop's own systems. */
export interface ShopMessage {
  /** The same on every attempt, so that the receiver can tell a repeat. */
  id: string;
  /** JSON, sent as it is: the same bytes on every attempt. */
  body: string;
}

/** The shop's own endpoint. Faults as everywhere; a repeat of a message is harmless, for it has the same id. */
export interface ShopWebhook {
  readonly name: 'shop';
  /** @returns the status of the answer, of the 2xx */
  send(message: ShopMessage, signal: AbortSignal): Promise<{ status: number }>;
}
