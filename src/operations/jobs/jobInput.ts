import { z } from 'zod';

/** A job, as it was when the decision about it was made. */
export const jobInput = {
  jobId: z.uuid().describe('The job, as orders:show and orders:search name it.'),
  version: z
    .int()
    .positive()
    .describe('The version of the job that was looked at; refused with what has changed when it has moved.'),
};

/** What every decision about a job answers with. */
export const jobOutput = {
  jobId: z.string(),
  version: z.int().describe('The version of the job after this.'),
  state: z.string(),
};
