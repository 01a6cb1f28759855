import type { Plan } from '../domain/plan.ts';

/**
 * One per payment. Entitlement stands before receipt, because both run in one transaction and the receipt's counter
 * is locked last and shortest (DESIGN law 7). The mail does not wait for files; files do not wait for the mail.
 */
export const fulfilPlan: Plan = {
  name: 'fulfil',
  version: 1,
  steps: [
    { name: 'resolve_order', version: 1, needs: [], holds: true },
    { name: 'entitlement', version: 1, needs: ['resolve_order'], holds: true },
    { name: 'receipt', version: 1, needs: ['resolve_order'], holds: true },
    { name: 'email', version: 1, needs: ['entitlement', 'receipt'], holds: true },
    { name: 'storage', version: 1, needs: ['entitlement', 'receipt'], holds: true },
    { name: 'late_files_email', version: 1, needs: ['email', 'storage'], holds: true },
    { name: 'analytics', version: 1, needs: ['entitlement', 'receipt'], holds: false },
  ],
};

/**
 * One per payment, for what went back: refunds and disputes. Opened again whenever somebody says that Stripe has news of
 * them, and begun again where they moved while it ran.
 */
export const settlePlan: Plan = {
  name: 'settle',
  version: 1,
  steps: [
    { name: 'read_money', version: 1, needs: [], holds: true },
    { name: 'settle', version: 1, needs: ['read_money'], holds: true },
    { name: 'settle_mail', version: 1, needs: ['settle'], holds: true },
    { name: 'settled', version: 1, needs: ['settle_mail'], holds: true },
  ],
};
