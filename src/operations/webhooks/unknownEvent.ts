import { Refusal } from '../frame/refusal.ts';

export const unknownEvent = () =>
  new Refusal({
    kind: 'not_found',
    code: 'unknown_event',
    field: 'eventId',
    detail: 'No such event has come here.',
    remedy:
      'If Stripe has it, have Stripe send it again: what was never received and verified is not acted on.',
  });
