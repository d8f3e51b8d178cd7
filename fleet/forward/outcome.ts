import { printable } from "../../core/printable.ts";
import { httpPost } from "../../io/net/http_exchange.ts";
import type { Outcome } from "./forwarded.ts";

/** How a destination is reached. */
export interface Access {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
}

/** Statuses of the client that another try may change (RFC 9110, 15.5; RFC 6585, 4). */
const PASSING = [408, 425, 429];
/** The content itself is not what is wanted, or too much. */
const OF_CONTENT = [400, 413, 422];
const MOST_WHY = 300;

/**
 * Post to a destination, once. Never throws.
 * @param isFinal which statuses refuse for good, of those from 300 to 499
 */
export async function postTo(
  { url, headers, timeoutMs }: Access,
  body: string | Uint8Array,
  signal: AbortSignal,
  isFinal: (status: number) => boolean = () => true,
): Promise<Outcome> {
  const failure = await httpPost(url, body, { headers, timeoutMs, signal, mostFaultBytes: MOST_WHY });
  if (failure === null) return { kind: "taken" };
  const { fault, status = 0, text = "" } = failure;
  const why = text.trim() === "" ? fault : `${fault}: ${printable(text.trim().replace(/\s+/g, " "))}`;
  const isRefused = status >= 300 && status < 500 && !PASSING.includes(status) && isFinal(status);
  return isRefused
    ? { kind: "refused", why, isOfContent: OF_CONTENT.includes(status) }
    : { kind: "again", why };
}
