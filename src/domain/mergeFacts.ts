/** What support can check with a buyer on the line. Two of them, for one alone may be read off a stolen receipt. */
export const mergeFacts = [
  'order_id',
  'amount_and_day',
  'card_last4',
  'invoice_details',
  'code_from_old_mailbox',
  'code_from_new_mailbox',
] as const;
