/**
 * The library's face: define steps and plans, run them with `createEngine` in a program of your own, or add them to
 * the shop's own plan and start the whole service with `startShop`.
 */
export { Fault, type FaultDetails, type FaultKind } from './domain/fault.ts';
export { planKey, type Plan, type PlanStep } from './domain/plan.ts';
export type { RetryPolicy } from './domain/retryPolicy.ts';
export {
  defineCommitStep,
  defineOutsideStep,
  definePlan,
  defineReadStep,
  extendPlan,
  type PlannedStep,
} from './engine/define.ts';
export { createEngine, type Engine, type EngineOptions, type JobRequest } from './main/createEngine.ts';
export { migrationsDirectory } from './main/migrateDatabase.ts';
export type { RunningService, ServiceExtension } from './main/startService.ts';
export { startShop, type ShopParts } from './main/startShop.ts';
export type {
  CommitStep,
  EffectInput,
  EffectOutcome,
  EffectSpec,
  IntentRow,
  Json,
  JsonObject,
  JobView,
  OutsideStep,
  PaymentRef,
  ReadStep,
  Step,
  StepContext,
  StepOutcome,
} from './ports/step.ts';
export type { TelemetryEvent } from './ports/telemetry.ts';
export type { Transaction } from './ports/transaction.ts';
export { fulfilPlan } from './steps/plans.ts';
export { migrate, type MigrateOptions, type MigrateResult } from './store/migrate.ts';
export { queryIn } from './store/transaction.ts';
