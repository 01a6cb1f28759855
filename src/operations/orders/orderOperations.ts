import type { Clock } from '../../ports/clock.ts';
import type { OrderDossiers } from '../../ports/orderDossier.ts';
import type { SearchStore } from '../../ports/search.ts';
import type { AnyOperation } from '../frame/operation.ts';
import { createDiffAttempts } from './diffAttempts.ts';
import { createExportOrders } from './exportOrders.ts';
import { createRevealBuyer } from './revealBuyer.ts';
import { createSearchOrders } from './searchOrders.ts';
import { createShowOrder } from './showOrder.ts';

export interface OrderOperationsOptions {
  dossiers: OrderDossiers;
  search: SearchStore;
  clock: Clock;
}

/** Finding orders and looking at them. */
export const createOrderOperations = ({
  dossiers,
  search,
  clock,
}: OrderOperationsOptions): AnyOperation[] => [
  createSearchOrders({ search, clock }),
  createShowOrder(dossiers),
  createDiffAttempts(dossiers),
  createRevealBuyer({ dossiers, clock }),
  createExportOrders({ search, clock }),
];
