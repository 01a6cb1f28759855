import type { Stripe } from 'stripe';

/** The shop's own account: able to charge, with the settings the API shows about branding and payouts. */
export function accountBody(): Stripe.Account {
  return {
    id: 'acct_1SandboxBooks0000',
    object: 'account',
    business_profile: {
      annual_revenue: null,
      estimated_worker_count: null,
      mcc: '5815',
      minority_owned_business_designation: null,
      name: 'Calm Books',
      product_description: 'Ebooks',
      specified_commercial_transactions_act_url: null,
      support_address: null,
      support_email: 'help@books.example',
      support_phone: null,
      support_url: null,
      url: 'https://books.example',
    },
    business_type: 'company',
    capabilities: { blik_payments: 'active', card_payments: 'active', transfers: 'active' },
    charges_enabled: true,
    country: 'PL',
    created: 1_700_000_000,
    default_currency: 'pln',
    details_submitted: true,
    email: 'owner@books.example',
    metadata: {},
    payouts_enabled: true,
    settings: {
      bacs_debit_payments: { display_name: null, service_user_number: null },
      branding: { icon: null, logo: null, primary_color: null, secondary_color: null },
      card_issuing: { tos_acceptance: { date: null, ip: null } },
      card_payments: {
        decline_on: { avs_failure: false, cvc_failure: false },
        statement_descriptor_prefix: null,
        statement_descriptor_prefix_kana: null,
        statement_descriptor_prefix_kanji: null,
      },
      dashboard: { display_name: 'Calm Books', timezone: 'Europe/Warsaw' },
      invoices: { default_account_tax_ids: null, hosted_payment_method_save: 'never' },
      payments: {
        statement_descriptor: 'SANDBOX BOOKS',
        statement_descriptor_kana: null,
        statement_descriptor_kanji: null,
        statement_descriptor_prefix_kana: null,
        statement_descriptor_prefix_kanji: null,
      },
      payouts: {
        debit_negative_balances: true,
        schedule: { delay_days: 7, interval: 'daily' },
        statement_descriptor: null,
      },
      sepa_debit_payments: {},
    },
    type: 'standard',
  };
}
