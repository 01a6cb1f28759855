// Lets the thread's entry be loaded from its source: what loads TypeScript in the main thread does not reach this one.
import { register } from 'tsx/esm/api';

register();
await import('./leaseThread.ts');
