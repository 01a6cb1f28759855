import { absolutePath, oneOf, wholeNumber } from './kinds.ts';
import { running, type Section } from './variable.ts';

export const copies = {
  title: 'Copies of books',
  variables: {
    COPIES_KEPT: {
      purpose:
        'stored: a copy per buyer lies in the file store. streamed: it is made while it is downloaded, and takes no room there; books that must be written anew for each buyer are stored all the same.',
      example: 'stored',
      default: 'stored',
      commands: running,
      schema: oneOf(['stored', 'streamed']),
    },
    COPIES_CACHE_DIRECTORY: {
      purpose:
        'Where this machine keeps the files that copies are made of, from one start to the next; a temporary directory of each process when absent.',
      example: '/var/cache/fulfillment',
      optional: true,
      commands: running,
      schema: absolutePath,
    },
    COPIES_CACHE_MB: {
      purpose: 'What those files may take in all, in megabytes; the one used longest ago goes first.',
      example: '2048',
      default: '2048',
      commands: running,
      schema: wholeNumber({ min: 1, max: 1_000_000 }),
    },
    COPIES_REWRITES_MAX: {
      purpose:
        'How many books that must be written anew for each buyer this process writes at one time; each takes a core, and memory by the size of the book, at most 2 GB.',
      example: '2',
      default: '2',
      commands: running,
      schema: wholeNumber({ min: 1, max: 64 }),
    },
  },
} satisfies Section;
