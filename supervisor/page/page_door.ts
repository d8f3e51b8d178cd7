import type { Handling } from "../../io/net/node_listener.ts";
import { isOwnHost } from "../../io/net/own_host.ts";
import { namesOfLoopback } from "../../platform/mod.ts";
import { refuseForeignPage } from "../../io/net/foreign_page.ts";
import { refusal } from "../../io/net/refusal.ts";
import type { RequestHead } from "../../io/net/request_head.ts";
import { eventStream, mapped } from "../../io/net/stream_response.ts";
import { ControlError } from "../control.ts";
import type { PageFeed } from "./page_feed.ts";
import { LINK_MINUTES } from "../../io/net/page_sessions.ts";
import type { PageSessions } from "../../io/net/page_sessions.ts";

/** A page, as it is built: what is in its files, by their names; that of none is the page itself. */
export type PageFiles = ReadonlyMap<string, { readonly type: string; readonly text: string }>;

/** What a page is made of. */
export interface PageParts {
  readonly files: PageFiles;
  readonly feed: PageFeed;
  /** Answers what the page asks of the API. */
  readonly api: (request: Request) => Response | Promise<Response>;
  /** Who may see it; null at a socket, where the kernel's word on who has connected lets in. */
  readonly sessions: PageSessions | null;
  /** The host that is listened at. */
  readonly host: string | undefined;
  /** Comes when the server ends. */
  readonly ending: AbortSignal;
}

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

/** What of the API a page may ask: to look, to start, stop and signal. It adds nothing, and ends no supervisor. */
const ASKED: Readonly<Record<string, RegExp>> = {
  GET: /^processes\/[^/]+\/(?:description|logs)$/,
  POST: /^processes\/[^/]+\/(?:start|stop|restart|reset|signal)$/,
};

/** The address of the one-time link. */
const ENTRANCE = "/enter";

/** How requests of a page are answered. */
export function pageHandling(parts: PageParts): Handling {
  return {
    guard: (head) => {
      const refused = guardPage(head, parts);
      return refused instanceof Response ? withHeaders(refused) : refused;
    },
    handle: async (request) => {
      try {
        return withHeaders(await respond(request, parts));
      } catch (error) {
        if (error instanceof ControlError) return withHeaders(refusal(error.kind, error.message));
        throw error;
      }
    },
  };
}

/** The one-time link at an address such as `http://127.0.0.1:9400`. */
export function linkAt(address: string, code: string): string {
  return `${address}${ENTRANCE}?code=${code}`;
}

function guardPage(
  { method, url, headers }: RequestHead,
  { sessions, host }: PageParts,
): Response | "open" | null {
  const asked = headers.get("host") ?? "";
  // The page is served over the loopback alone: another name is one that a foreign page has lead here.
  if (sessions && !isOwnHost(asked, "127.0.0.1", host, namesOfLoopback)) {
    return refusal(
      "forbidden",
      "this page is asked for by the name of this machine, or of its loopback",
      421,
    );
  }
  const foreign = refuseForeignPage(headers);
  if (foreign) return foreign;
  const changes = method !== "GET" && method !== "HEAD";
  if (changes && headers.get("origin") === null) {
    return refusal("forbidden", "what changes something is asked by the page itself, with the header Origin");
  }
  if (!sessions) return null;
  if (url.pathname === ENTRANCE) return "open";
  return sessions.admits(placeOf(url), headers.get("cookie")) ? null : new Response(null, { status: 401 });
}

async function respond(request: Request, parts: PageParts): Promise<Response> {
  const { sessions, files, feed, api, ending } = parts;
  const url = new URL(request.url);
  if (sessions && url.pathname === ENTRANCE) return enter(request, url, sessions);
  const name = url.pathname.slice(sessions ? placeOf(url).length + 2 : 1);
  const { method } = request;
  const isLook = method === "GET" || method === "HEAD";
  const file = files.get(name);
  if (file && isLook) return new Response(file.text, { headers: { "content-type": file.type } });
  if (name === "feed" && isLook) {
    return eventStream(mapped(feed.stream(AbortSignal.any([request.signal, ending])), (text) => {
      sessions?.use(placeOf(url));
      return text;
    }));
  }
  if (name === "history" && isLook) return historyOf(feed, url.searchParams);
  const path = name.startsWith("api/") ? name.slice(4) : "";
  if (!ASKED[method]?.test(path)) return refusal("not_found", `there is no ${method} of that for a page`);
  // A body says nothing here: what is done is in the address.
  const asked = new URL(`/${path}${url.search}`, url);
  return await api(new Request(asked, { method, headers: request.headers, signal: request.signal }));
}

/** The course of the process that is asked for; `since_ms` leaves out what is known. */
function historyOf(feed: PageFeed, query: URLSearchParams): Response {
  const since = Number(query.get("since_ms") ?? 0);
  return Response.json(feed.history(query.get("id") ?? "", Number.isFinite(since) ? since : 0));
}

/** Let a browser in that comes by the one-time link. */
function enter(request: Request, url: URL, sessions: PageSessions): Response {
  if (request.method !== "GET") return refusal("method_not_allowed", "a link is followed by GET");
  // A browser that only fetches ahead would use the link up.
  if (request.headers.has("sec-purpose") || request.headers.get("purpose") === "prefetch") {
    return refusal("unavailable", "this link is not to be fetched ahead");
  }
  const admission = sessions.enter(url.searchParams.get("code") ?? "");
  if (!admission) {
    const text =
      `This link was used before, is older than ${LINK_MINUTES} minutes, or is none of this supervisor. ` +
      "proctor ctl page makes another.\n";
    return new Response(text, { status: 403, headers: { "content-type": "text/plain; charset=utf-8" } });
  }
  // Not by a redirection: a browser that comes from elsewhere would not send a strict cookie along with that.
  const html =
    `<!DOCTYPE html><html lang="en"><meta charset="utf-8"><title>proctor</title><link rel="icon" href="data:,">` +
    `<meta http-equiv="refresh" content="0; url=/${admission.place}/"><a href="/${admission.place}/">proctor</a>`;
  return new Response(html, {
    headers: { "content-type": "text/html; charset=utf-8", "set-cookie": admission.cookie },
  });
}

/** The first part of the path. */
function placeOf({ pathname }: URL): string {
  return pathname.split("/", 2)[1];
}

function withHeaders(answer: Response): Response {
  const headers = new Headers(answer.headers);
  for (const [name, value] of Object.entries(HEADERS)) headers.set(name, value);
  return new Response(answer.body, { status: answer.status, headers });
}
