/** Where the success page leads, besides the shelf. */
export interface ShopLinks {
  /** The inbox of the sandbox, where the mail arrives. */
  inbox: string;
}
