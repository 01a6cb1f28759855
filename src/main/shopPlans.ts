import type { Plan } from '../domain/plan.ts';
import { askedMailPlans } from '../steps/askedMails.ts';
import { claimMailPlans } from '../steps/claimMails.ts';
import { eraseFilesPlan } from '../steps/eraseFiles.ts';
import { handMadePlans } from '../steps/handMadeOrders.ts';
import { fulfilPlan, settlePlan } from '../steps/plans.ts';
import { tellShopPlan } from '../steps/tellShop.ts';
import { trackPlan } from '../steps/trackEvent.ts';
import { bookUpdatePlans } from '../steps/updateBook.ts';

/** Every plan of the product. */
export const shopPlans: readonly Plan[] = [
  fulfilPlan,
  settlePlan,
  ...askedMailPlans,
  ...claimMailPlans,
  eraseFilesPlan,
  ...handMadePlans,
  ...bookUpdatePlans,
  tellShopPlan,
  trackPlan,
];

/** The names of all steps of some plans. */
export const stepNames = (plans: readonly Plan[]): string[] => [
  ...new Set(plans.flatMap(({ steps }) => steps.map(({ name }) => name))),
];
