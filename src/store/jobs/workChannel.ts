/** The channel on which processes that accept work tell workers elsewhere that there is some. */
export const workChannel = 'fulfillment_due';

/** What a listener tells itself, to see whether it hears. Everything else on the channel means work. */
export const proofPrefix = 'proof:';
