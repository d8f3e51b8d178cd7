import type { PageSessions } from "./page_sessions.ts";
import { refusal } from "./refusal.ts";

/** A page, as it is built: what is in its files, by their names; that of none is the page itself. */
export type PageFiles = ReadonlyMap<string, { readonly type: string; readonly text: string }>;

/** The address of a one-time link. */
export const ENTRANCE = "/enter";

/** Nothing but what is served here runs, is shown or is asked; and no other page has this one in it. */
const HEADERS: Readonly<Record<string, string>> = {
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; " +
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "cache-control": "no-store",
};

/** An answer with what browsers are to keep to. */
export function withPageHeaders(answer: Response): Response {
  const headers = new Headers(answer.headers);
  for (const [name, value] of Object.entries(HEADERS)) headers.set(name, value);
  return new Response(answer.body, { status: answer.status, headers });
}

/** The one-time link at an address such as `http://127.0.0.1:9400`. */
export function linkAt(address: string, code: string): string {
  return `${address}${ENTRANCE}?code=${code}`;
}

/** The first part of the path. */
export function placeOf({ pathname }: URL): string {
  return pathname.split("/", 2)[1];
}

/**
 * Let a browser in that comes by the one-time link.
 * @param worthless what is told of a link that lets nobody in
 */
export function enter(request: Request, url: URL, sessions: PageSessions, worthless: string): Response {
  if (request.method !== "GET") return refusal("method_not_allowed", "a link is followed by GET");
  // A browser that only fetches ahead would use the link up.
  if (request.headers.has("sec-purpose") || request.headers.get("purpose") === "prefetch") {
    return refusal("unavailable", "this link is not to be fetched ahead");
  }
  const admission = sessions.enter(url.searchParams.get("code") ?? "");
  if (!admission) {
    return new Response(`${worthless}\n`, {
      status: 403,
      headers: { "content-type": "text/plain; charset=utf-8" },
    });
  }
  // Not by a redirection: a browser that comes from elsewhere would not send a strict cookie along with that.
  const html =
    `<!DOCTYPE html><html lang="en"><meta charset="utf-8"><title>proctor</title><link rel="icon" href="data:,">` +
    `<meta http-equiv="refresh" content="0; url=/${admission.place}/"><a href="/${admission.place}/">proctor</a>`;
  return new Response(html, {
    headers: { "content-type": "text/html; charset=utf-8", "set-cookie": admission.cookie },
  });
}
