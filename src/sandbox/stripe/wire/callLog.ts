export interface RouteCount {
  calls: number;
  statuses: Record<string, number>;
}

export interface CallLog {
  called(route: string): void;
  answered(route: string, status: number): void;
  /** Counts by route since the start, for example `GET /v1/events`. */
  read(): Record<string, RouteCount>;
}

/** Counts the calls of the API, so that a test can see how much a product asks. */
export function createCallLog(): CallLog {
  const routes = new Map<string, RouteCount>();

  function countOf(route: string): RouteCount {
    const known = routes.get(route) ?? { calls: 0, statuses: {} };
    routes.set(route, known);
    return known;
  }

  return {
    called(route) {
      countOf(route).calls += 1;
    },
    answered(route, status) {
      const { statuses } = countOf(route);
      statuses[status] = (statuses[status] ?? 0) + 1;
    },
    read: () => Object.fromEntries(routes),
  };
}
