import type { HttpFault } from "../../io/net/http_exchange.ts";
import { requestOf } from "./http_request.ts";
import type { Notice } from "./notice.ts";
import type { SendFailure } from "./send_failure.ts";
import type { NoticeTarget } from "./target.ts";

/** Content Too Large (RFC 9110, 15.5.14). */
const TOO_MUCH = 413;
/** Answers of a status that another try may change (RFC 9110, 15.5; RFC 6585, 4). */
const PASSING = new Set([408, 425, 429]);

/**
 * Send a notice to a destination, once; null when it was taken. Never throws.
 * @param isPublicOnly whether URLs of a private network are refused
 */
export async function send(
  target: NoticeTarget,
  notice: Notice,
  timeoutMs: number,
  signal: AbortSignal,
  { isPublicOnly = false } = {},
): Promise<SendFailure | null> {
  if (target.email) {
    const { sendEmail } = await import("./email.ts");
    return await sendEmail(target.email, notice, timeoutMs, signal, isPublicOnly);
  }
  const { url, body, headers } = await requestOf(target, notice);
  const { httpPost } = await import("../../io/net/http_exchange.ts");
  return toSendFailure(await httpPost(url, body, { headers, timeoutMs, signal, isPublicOnly }));
}

/** What an answer to what was posted says of trying again. */
export function toSendFailure(failure: HttpFault | null): SendFailure | null {
  if (failure === null) return null;
  const { fault, status } = failure;
  const isFinal = status !== undefined && status >= 300 && status < 500 && !PASSING.has(status);
  return { fault, isFinal, isTooMuch: status === TOO_MUCH };
}
