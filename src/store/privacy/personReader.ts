import type pg from 'pg';
import type { PersonReader, StoredOfPerson } from '../../ports/personControl.ts';
import { inTransaction, queryIn } from '../transaction.ts';
import { personControl } from './personControl.ts';

/** Over a pool that logs in as `fulfillment_operations`. */
export const createPersonReader = (pool: pg.Pool): PersonReader => ({
  read: (canonicalEmail) =>
    inTransaction(pool, async (tx) => {
      const person = await personControl.find(tx, canonicalEmail);
      if (!person) return undefined;
      return queryIn<StoredOfPerson>(tx, 'select what, data from fulfillment.export_person($1, $2)', [
        person.profileIds,
        person.paymentIds,
      ]);
    }),
});
