import { z } from 'zod';

/** A refusal, as `application/problem+json` (RFC 9457). */
export const problemSchema = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  code: z.string().describe('A stable word for programs.'),
  detail: z.string().describe('One sentence for people.'),
  remedy: z.string().optional().describe('What can be done about it.'),
  field: z.string().optional().describe('Which input is meant.'),
  changes: z
    .array(z.object({ at: z.string(), what: z.string() }))
    .optional()
    .describe('What has happened since it was looked at.'),
  requestId: z.string().describe('What the log calls this request.'),
});
