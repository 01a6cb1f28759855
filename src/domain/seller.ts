/** Who sells: what a receipt prints about the shop, and the time zone in which its days begin and end. */
export interface Seller {
  name: string;
  /** Postal address, one printed line each. */
  addressLines: readonly string[];
  /** For example a Polish NIP or an EU VAT number; null when the seller has none. */
  taxId: string | null;
  email: string;
  website: string | null;
  /** IANA name, for example `Europe/Warsaw`. */
  timeZone: string;
}
