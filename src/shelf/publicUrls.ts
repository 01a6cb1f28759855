/** Addresses that buyers see. `baseUrl` is the service's own public address; a path prefix in it is kept. */
const under = (baseUrl: string, path: string) => `${baseUrl.replace(/\/+$/, '')}${path}`;

export const downloadUrl = (baseUrl: string, token: string) => under(baseUrl, `/d/${token}`);

export const creditNoteUrl = (baseUrl: string, token: string) => under(baseUrl, `/c/${token}`);

export const receiptUrl = (baseUrl: string, token: string) => under(baseUrl, `/r/${token}`);
