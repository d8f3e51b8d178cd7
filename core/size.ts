import { usageError } from "./error.ts";

/** The power that a letter stands for. */
const POWERS: Readonly<Record<string, number>> = { k: 1, K: 1, M: 2, G: 3, T: 4 };

/**
 * Parse `512M`, `1.5G`, `1GB` or `65536B` into bytes. K, M, G and T are powers of 1024, as for systemd and Docker, and
 * so are KiB, MiB and so on; kB, MB, GB and TB are powers of 1000, as their names say.
 *
 * A bare number is refused, and so are zero and what a number cannot hold; `where` names the option or key in the
 * message.
 * @throws ProctorError of kind `usage`
 */
export function parseSize(text: string, where: string): number {
  const match = /^(\d+(?:\.\d+)?)([KMGT]|k(?=B))(B|iB)?$|^(\d+)B$/.exec(text);
  if (!match) {
    const bare = /^\d+(\.\d+)?$/.test(text) && Number(text) > 0;
    const right = bare ? `"${text}M" or "${text}B"` : 'one such as "512M", "1.5G" or "65536B"';
    throw usageError(`${where}: "${text}" is not a size; write ${right}`);
  }
  const [, number, letter, ending, plain] = match;
  const factor = letter === undefined ? 1 : (ending === "B" ? 1_000 : 1_024) ** POWERS[letter];
  const bytes = Math.round(Number(number ?? plain) * factor);
  if (!(bytes > 0)) throw usageError(`${where}: "${text}" is zero; a size must be positive, such as "512M"`);
  if (!Number.isSafeInteger(bytes)) throw usageError(`${where}: "${text}" is more than any machine has`);
  return bytes;
}
