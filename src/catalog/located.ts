/** Where something stands in a catalogue file. Lines and columns are counted from 1. */
export interface Place {
  line: number;
  column: number;
  /** `products[2].prices[1].amount`, counted from 1, or the name of a column. */
  field: string;
}

/** What a catalogue file says, whatever its form, with the place of each part. All values are texts as they stand there. */
export type Located = LocatedText | LocatedList | LocatedMap;

export interface LocatedText extends Place {
  kind: 'text';
  text: string;
}

export interface LocatedList extends Place {
  kind: 'list';
  items: Located[];
}

export interface LocatedMap extends Place {
  kind: 'map';
  entries: Map<string, Located>;
}
