import { usageError } from "./error.ts";

const UNIT_BYTES: Record<string, number> = { B: 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30, T: 2 ** 40 };

/**
 * Parse `512M`, `1.5G` or `65536B` into bytes. K, M, G and T are powers of 1024, as for systemd and Docker, and may be
 * written KiB, MiB and so on.
 *
 * A bare number is refused, and so are zero and what a number cannot hold; `where` names the option or key in the
 * message.
 * @throws ProctorError of kind `usage`
 */
export function parseSize(text: string, where: string): number {
  const match = /^(\d+(?:\.\d+)?)([KMGT])(?:iB)?$|^(\d+)B$/.exec(text);
  if (!match) {
    const bare = /^\d+(\.\d+)?$/.test(text) && Number(text) > 0;
    const right = bare ? `"${text}M" or "${text}B"` : 'one such as "512M", "1.5G" or "65536B"';
    throw usageError(`${where}: "${text}" is not a size; write ${right}`);
  }
  const bytes = Math.round(Number(match[1] ?? match[3]) * UNIT_BYTES[match[2] ?? "B"]);
  if (!(bytes > 0)) throw usageError(`${where}: "${text}" is zero; a size must be positive, such as "512M"`);
  if (!Number.isSafeInteger(bytes)) throw usageError(`${where}: "${text}" is more than any machine has`);
  return bytes;
}
