import type { AdminCommand } from '../command.ts';
import { adoptOrder, grantOrder } from '../orders/byHand.ts';
import { orderChanges } from '../orders/changes.ts';
import { exportOrders, searchOrders } from '../orders/findOrders.ts';
import { retryOrders } from '../orders/retryOrders.ts';
import { diffOrder, revealOrder, showOrder } from '../orders/showOrders.ts';

export const orderCommands: readonly AdminCommand[] = [
  searchOrders,
  showOrder,
  diffOrder,
  retryOrders,
  ...orderChanges,
  grantOrder,
  adoptOrder,
  revealOrder,
  exportOrders,
];
