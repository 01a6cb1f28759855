/** Orders whose time is over, as they become known. */
export interface BreachBook {
  /**
   * Writes down which orders' time is over.
   *
   * @returns the jobs that no process has counted yet: each is returned once, to one of those that ask
   * @throws Fault, transient, when the database cannot be reached
   */
  note(): Promise<string[]>;
}
