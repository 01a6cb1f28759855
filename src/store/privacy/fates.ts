/** What becomes of each column of a table when a person is forgotten. A column stands in exactly one of the three. */
export interface TableFates {
  /** Says nothing of any buyer. */
  noPerson: readonly string[];
  /** Says something of a buyer, and what it is replaced by, or whether its row goes. */
  erased?: Readonly<Record<string, string>>;
  /** Belongs to a buyer's order and stays, and why it may. */
  kept?: Readonly<Record<string, string>>;
}

export type SchemaFates = Readonly<Record<string, TableFates>>;
