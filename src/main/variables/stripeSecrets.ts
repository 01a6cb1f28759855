/** Stands in the example configuration; whoever signed with it would be believed. */
export const publishedWebhookSecret = 'whsec_yourSigningSecret';
