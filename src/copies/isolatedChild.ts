import { serveIsolatedTask } from './isolatedTask.ts';

/** The program of a child process (`isolated.ts`): one task, told on standard input, then the end. */
await serveIsolatedTask({
  'pdf.prepare': async () => (await import('./pdf/prepareTask.ts')).preparePdfTask,
  'pdf.rewrite': async () => (await import('./pdf/rewriteTask.ts')).rewritePdfTask,
  'pdf.find': async () => (await import('./pdf/findTask.ts')).findPdfMarksTask,
  'epub.prepare': async () => (await import('./epub/prepareTask.ts')).prepareEpubTask,
  'epub.rewrite': async () => (await import('./epub/rewriteTask.ts')).rewriteEpubTask,
  'epub.find': async () => (await import('./epub/findTask.ts')).findEpubMarksTask,
});
