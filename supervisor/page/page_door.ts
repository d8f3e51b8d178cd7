import type { Handling } from "../../io/net/node_listener.ts";
import { isOwnHost } from "../../io/net/own_host.ts";
import { namesOfLoopback } from "../../platform/mod.ts";
import { refuseForeignPage, refuseForeignSite } from "../../io/net/foreign_page.ts";
import { refusal } from "../../io/net/refusal.ts";
import type { RequestHead } from "../../io/net/request_head.ts";
import { eventStream, mapped } from "../../io/net/stream_response.ts";
import { ControlError } from "../control.ts";
import type { PageFeed } from "./page_feed.ts";
import { enter, ENTRANCE, placeOf, withPageHeaders } from "../../io/net/page_entrance.ts";
import type { PageFiles } from "../../io/net/page_entrance.ts";
import { LINK_MINUTES } from "../../io/net/page_sessions.ts";
import type { PageSessions } from "../../io/net/page_sessions.ts";

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

/** What of the API a page may ask: to look, to start, stop and signal. It adds nothing, and ends no supervisor. */
const ASKED: Readonly<Record<string, RegExp>> = {
  GET: /^processes\/[^/]+\/(?:description|logs)$/,
  POST: /^processes\/[^/]+\/(?:start|stop|restart|reset|signal)$/,
};

const WORTHLESS =
  `This link was used before, is older than ${LINK_MINUTES} minutes, or is none of this supervisor. ` +
  "proctor ctl page makes another.";

/** How requests of a page are answered. */
export function pageHandling(parts: PageParts): Handling {
  return {
    guard: (head) => {
      const refused = guardPage(head, parts);
      return refused instanceof Response ? withPageHeaders(refused) : refused;
    },
    handle: async (request) => {
      try {
        return withPageHeaders(await respond(request, parts));
      } catch (error) {
        if (error instanceof ControlError) return withPageHeaders(refusal(error.kind, error.message));
        throw error;
      }
    },
  };
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
  if (sessions && url.pathname === ENTRANCE) return enter(request, url, sessions, WORTHLESS);
  const name = url.pathname.slice(sessions ? placeOf(url).length + 2 : 1);
  const { method } = request;
  const isLook = method === "GET" || method === "HEAD";
  const file = files.get(name);
  if (file && isLook) return new Response(file.text, { headers: { "content-type": file.type } });
  const foreign = refuseForeignSite(request.headers);
  if (foreign) return foreign;
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
