import type { SchemaFates } from './fates.ts';

const key = 'names the order, not its buyer';
const tax = 'tax law asks for it: amounts, taxes, dates and products, without who paid';

/** Orders, buyers and what they own. */
export const orderFates: SchemaFates = {
  profiles: {
    noPerson: ['id', 'state', 'created_at', 'updated_at', 'merged_into', 'reminders_stopped_at', 'erased_at'],
    erased: {
      canonical_email: 'a random word that is no address, so that it never matches again',
      email: 'the same random word',
      name: 'null',
      language: 'en',
      subject: 'null, and the state pending_claim with it',
      search_text: 'made of the address and the name, and follows them',
    },
  },
  payments: {
    noPerson: [
      'id',
      'livemode',
      'created_at',
      'updated_at',
      'source',
      'facts_version',
      'facts_wanted',
      'erased_at',
    ],
    kept: {
      facts: 'ids of refunds, amounts, states and line numbers; never a text of the buyer',
      payment_key: key,
      payment_intent_id: key,
      checkout_session_id: key,
      order_id: key,
      paid: tax,
      paid_at: tax,
      currency: tax,
      amount: tax,
    },
  },
  buyer_corrections: {
    noPerson: ['payment_id', 'corrected_at'],
    erased: { email: 'the row goes' },
  },
  payment_notices: {
    noPerson: ['id', 'payment_id', 'key', 'kind', 'created_at'],
    kept: { data: 'ids, amounts and line numbers of a refund or dispute' },
  },
  receipts: {
    noPerson: ['id', 'payment_id'],
    erased: { document: "the buyer's part goes; the country stays with the order" },
    kept: { series: tax, number: tax, issued_at: tax },
  },
  credit_notes: {
    noPerson: ['id', 'payment_id', 'receipt_id'],
    erased: { document: "the buyer's part goes; the country stays with the order" },
    kept: { refund_id: key, kind: tax, amount: tax, series: tax, number: tax, issued_at: tax },
  },
  receipt_series: { noPerson: ['series', 'last_number'] },
  ebook_entitlements: {
    noPerson: ['id', 'payment_id', 'line_no', 'profile_id', 'created_at', 'updated_at'],
    erased: { state: 'revoked: nobody is left who may open it' },
    kept: { product_id: tax, product_version: tax, formats: tax, quantity: tax },
  },
  ebook_entitlement_changes: {
    noPerson: ['id', 'entitlement_id', 'at', 'from_state', 'to_state'],
    kept: { reason: 'a code' },
  },
  stored_files: {
    noPerson: ['id', 'payment_id', 'kind', 'line_no', 'format', 'size_bytes', 'stored_at', 'version'],
    erased: {
      storage_key: 'the row goes once its object is gone',
      kept: 'the row goes once its object is gone',
      sha256: 'the row goes once its object is gone: it would tell a found copy to be theirs',
      made: 'the row goes once its object is gone: it holds what the copy was marked with',
    },
  },
  download_links: {
    noPerson: ['id', 'entitlement_id', 'format', 'origin', 'expires_at', 'created_at', 'limit_reset_at'],
    erased: { ended_at: 'now: no link of theirs opens anything' },
    kept: { mail_key: key },
  },
  downloads: {
    noPerson: [
      'id',
      'link_id',
      'entitlement_id',
      'format',
      'delivered_by',
      'program',
      'size_bytes',
      'asked_bytes',
      'sent_bytes',
      'finished_at',
    ],
    erased: { client_hash: 'null', storage_key: 'replaced by the id of the row' },
    kept: { at: 'that a book was taken, and when, answers a dispute' },
  },
  claim_codes: {
    noPerson: ['id', 'profile_id', 'asked_at', 'expires_at', 'tries', 'ended_at', 'ended_as'],
    erased: { subject: 'a random word' },
  },
  claim_reminders: { noPerson: ['profile_id', 'number', 'at'] },
  claim_reminder_watch: { noPerson: ['one', 'seen_until'] },
  profile_claims: {
    noPerson: ['id', 'profile_id', 'way', 'outcome', 'at'],
    erased: { subject: 'a random word' },
  },
  profile_merges: {
    noPerson: ['id', 'from_profile_id', 'into_profile_id', 'facts', 'moved', 'actor', 'at'],
    erased: { given_up_subject: 'null' },
  },
  mail_requests: { noPerson: ['id', 'payment_id', 'at'] },
  erasures: { noPerson: ['id', 'actor', 'at', 'profiles', 'payments', 'mails', 'events', 'files'] },
  erasure_objects: { noPerson: ['storage_key', 'erasure_id'] },
  stripe_events: {
    noPerson: ['id', 'livemode', 'received_at', 'reprocessed_at', 'door', 'webhook_at', 'api_version'],
    erased: {
      body: 'null; also of events that no order was found for, where they name the person',
    },
    kept: {
      content_sha256: 'the mark by which the same event is known again',
      reason: 'a code',
      event_id: 'an event that comes again must be known',
      type: 'what kind of event it was',
      occurred_at: 'when it was',
      verdict: 'what was made of it',
      payment_id: key,
    },
  },
};
