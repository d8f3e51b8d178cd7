/* What is wrong with addresses that other machines reach. */

/** An address of the page. */
export function openPage(host: string): string {
  return `"${host}" lets other machines in, and nothing is encrypted; ` +
    "give 127.0.0.1, or unix:/path for a proxy that does TLS and knows its users";
}

/** An address of the API's port, without a token in the configuration. */
export function openPort(host: string): string {
  return `"${host}" lets other machines in: give a token, or bind to 127.0.0.1`;
}
