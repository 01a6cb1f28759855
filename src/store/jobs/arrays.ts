/** An array of ids as Postgres writes it; what the driver makes of one is quoted and looked through letter by letter. */
export const uuidArray = (ids: string[]): string => `{${ids.join(',')}}`;

export const bigintArray = (numbers: bigint[]): string => `{${numbers.join(',')}}`;
