/** So many random bytes in hexadecimal digits, that nobody can guess; node:crypto would cost a start 3 ms. */
export function randomHex(bytes: number): string {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(bytes))).toString("hex");
}
