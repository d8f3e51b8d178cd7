import { connectionTrouble } from "../../io/net/connection_words.ts";
import type { Answer } from "./post.ts";

/** What follows from an answer: it was taken, is to be sent again, or never will be taken. */
export type Verdict =
  | { readonly kind: "taken" }
  | { readonly kind: "again"; readonly reason: string; readonly afterMs: number | undefined }
  | { readonly kind: "refused"; readonly reason: string };

/** The only ones that the specification of OTLP has repeated. */
const AGAIN = [429, 502, 503, 504];
const WORDS: Record<number, string> = {
  400: "the request makes no sense to it",
  401: "it wants other credentials",
  403: "it wants other credentials",
  404: "there is no OTLP receiver there",
  405: "there is no OTLP receiver there",
  413: "the request is too large",
  415: "it does not take this protocol",
  429: "it asks for patience",
  503: "it is not available",
};

/** Judge an answer. @param nowMs Unix time, for a Retry-After that is a date */
export function judge({ status, retryAfter }: Answer, nowMs: number): Verdict {
  // 200 says the specification; some say 202 or 204 and mean it.
  if (status >= 200 && status < 300) return { kind: "taken" };
  const reason = WORDS[status] ? `${status}, ${WORDS[status]}` : `it answers ${status}`;
  if (!AGAIN.includes(status)) return { kind: "refused", reason };
  return { kind: "again", reason, afterMs: delayOf(retryAfter, nowMs) };
}

/** Retry-After (RFC 9110, 10.2.3): seconds, or a date. */
function delayOf(text: string | undefined, nowMs: number): number | undefined {
  if (text === undefined) return undefined;
  if (/^\s*\d+\s*$/.test(text)) return Number(text) * 1_000;
  const date = Date.parse(text);
  return Number.isNaN(date) ? undefined : Math.max(0, date - nowMs);
}

const REASONS = {
  DEPTH_ZERO_SELF_SIGNED_CERT:
    "its certificate is signed by itself (OTEL_EXPORTER_OTLP_CERTIFICATE names one to trust)",
};

/** Why there was no answer, in plain words. */
export function reasonOfFailure(error: NodeJS.ErrnoException): string {
  // Either runtime has its own code for it.
  if (/wrong.version.number|corrupt message/i.test(error.message)) return "it does not speak TLS there";
  return connectionTrouble(error, REASONS) ?? error.message;
}
