import { Refusal } from '../frame/refusal.ts';

export const unusableEmail = () =>
  new Refusal({
    kind: 'invalid_input',
    code: 'unusable_email',
    field: 'email',
    detail: 'This is not an e-mail address.',
    remedy: 'Give one plain address such as name@example.com.',
  });

export const unknownPerson = () =>
  new Refusal({
    kind: 'not_found',
    code: 'unknown_person',
    field: 'email',
    detail: 'Nothing is stored of this address.',
    remedy: 'Look for the order by other means; it may have been bought with another address.',
  });
