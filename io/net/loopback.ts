/** Whether nobody but this machine reaches what listens at an address. */
export function isOfLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127(\.\d{1,3}){3}$/.test(host);
}
