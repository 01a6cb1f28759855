import { exitCodes, type ExitCode } from '../exitCodes.ts';
import { safeText } from '../output/safeText.ts';
import { type AdminProblem, type AdminProblemKind } from './adminClient.ts';

const codes: Record<AdminProblemKind, ExitCode> = {
  invalid_input: exitCodes.usage,
  not_signed_in: exitCodes.notAllowed,
  not_allowed: exitCodes.notAllowed,
  not_found: exitCodes.notFound,
  wrong_state: exitCodes.failed,
  changed: exitCodes.needsConfirmation,
  request_id_reused: exitCodes.usage,
  too_many: exitCodes.failed,
  unavailable: exitCodes.failed,
  unexpected: exitCodes.failed,
};

export const exitCodeOf = ({ kind, code }: AdminProblem): ExitCode =>
  code === 'interrupted' ? exitCodes.interrupted : codes[kind];

/** What is said below the problem itself. */
export function problemDetails({ kind, remedy, changes, requestId }: AdminProblem): string[] {
  return [
    ...(changes ?? []).map(({ at, what }) => `${safeText(at)}  ${safeText(what)}`),
    ...(remedy === undefined
      ? kind === 'not_signed_in'
        ? ['Sign in: fulfillment login']
        : []
      : [safeText(remedy)]),
    ...(kind === 'unexpected' && requestId !== undefined ? [`Request ${safeText(requestId)}.`] : []),
  ];
}
