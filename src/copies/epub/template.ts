/** A place in a text for what differs from copy to copy. */
export type Slot = { slot: 'line' | 'direction' } | { code: number };

/** Text with places in it. */
export type Template = (string | Slot)[];

/** What is put into a text, and where. */
export interface Splice {
  at: number;
  pieces: Template;
}

/** Puts pieces into a text that is kept as it is. Splices at the same place keep their order. */
export function spliced(text: string, splices: Splice[]): Template {
  const template: Template = [];
  let done = 0;
  for (const { at, pieces } of splices.toSorted((one, other) => one.at - other.at)) {
    template.push(text.slice(done, at), ...pieces);
    done = at;
  }
  template.push(text.slice(done));
  return template;
}

/** A name or an id that is not taken, upper and lower case being one. Takes it. */
export function freeName(taken: Set<string>, stem: string, ending = ''): string {
  let name = `${stem}${ending}`;
  for (let number = 2; taken.has(name.toLowerCase()); number += 1) name = `${stem}-${number}${ending}`;
  taken.add(name.toLowerCase());
  return name;
}
