declare const transaction: unique symbol;

/** An open transaction of the store. Opaque: only `store/` can look inside. */
export interface Transaction {
  readonly [transaction]: true;
}
