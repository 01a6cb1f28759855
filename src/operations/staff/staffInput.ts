import { z } from 'zod';
import { Refusal } from '../frame/refusal.ts';

export const subjectOfStaff = z
  .string()
  .min(1)
  .max(200)
  .describe('Whom: the identity provider’s subject, as staff:list tells it.');

export const unknownMember = () =>
  new Refusal({
    kind: 'not_found',
    code: 'unknown_staff',
    field: 'subject',
    detail: 'Nobody of that subject has been here.',
    remedy: 'See staff:list. Whoever was never here is kept out at the identity provider.',
  });
