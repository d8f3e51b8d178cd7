import { printable } from "../../core/printable.ts";
import { isOwnHost } from "../../io/net/own_host.ts";
import { namesOfLoopback } from "../../platform/mod.ts";
import { refuseForeignPage, refuseForeignSite } from "../../io/net/foreign_page.ts";
import type { Handling } from "../../io/net/node_listener.ts";
import { enter, ENTRANCE, placeOf, withPageHeaders } from "../../io/net/page_entrance.ts";
import type { PageFiles } from "../../io/net/page_entrance.ts";
import { LINK_MINUTES } from "../../io/net/page_sessions.ts";
import type { PageSessions } from "../../io/net/page_sessions.ts";
import { refusal } from "../../io/net/refusal.ts";
import type { RequestHead } from "../../io/net/request_head.ts";
import type { Access } from "./access/access.ts";
import type { Caller } from "./access/caller.ts";
import type { FleetApi } from "./api.ts";
import { OIDC_PATH } from "./oidc_routes.ts";
import { LOGIN_PATH } from "./session_routes.ts";
import { PUBLIC_PATHS } from "./system_routes.ts";
import type { TrustedProxies } from "./trusted_proxies.ts";

/** What stands behind the door of a manager. */
export interface FleetDoorParts {
  readonly app: FleetApi;
  readonly access: Access;
  /** Browsers of this machine that came by a one-time link; null beyond the loopback. */
  readonly links: PageSessions | null;
  /** The page: it has no data of its own, and anybody may have it; null: there is none. */
  readonly files: PageFiles | null;
  /** The host that it is served at, and the one that people know it by, where that is another. */
  readonly hosts: { readonly given: string; readonly known: string | null };
  /** Who is believed when he says on whose behalf he asks. */
  readonly proxies: TrustedProxies;
  /** Comes when the server ends. */
  readonly ending: AbortSignal;
}

const WORTHLESS =
  `This link was used before, is older than ${LINK_MINUTES} minutes, or is none of this manager, which prints one ` +
  "as it starts.";

/** How requests are let in, and answered. */
export function fleetHandling(parts: FleetDoorParts): Handling {
  return {
    guard: (head) => {
      const refused = guardFleet(head, parts);
      return refused instanceof Response ? withPageHeaders(refused) : refused;
    },
    handle: async (request, head) => withPageHeaders(await respond(request, head, parts)),
  };
}

function guardFleet(head: RequestHead, parts: FleetDoorParts): Response | "open" | "stranger" | null {
  const { method, url, headers, localAddress } = head;
  const asked = headers.get("host") ?? "";
  const { given, known } = parts.hosts;
  // A page of another name that leads to this machine is none of ours, whatever it asks.
  if (asked !== known && !isOwnHost(asked, localAddress, given, namesOfLoopback)) {
    const line = `"${
      printable(asked)
    }" is not a name of this machine; set http_url if people reach it under that name`;
    return refusal("forbidden", line, 421);
  }
  const foreign = refuseForeignPage(headers);
  if (foreign) return foreign;
  if (PUBLIC_PATHS.has(url.pathname)) return "open";
  if (parts.links && url.pathname === ENTRANCE) return "open";
  if (method === "POST" && url.pathname === LOGIN_PATH) return "stranger";
  // A provider leads back from its own site.
  if (method === "GET" && isBelow(OIDC_PATH, url.pathname)) return "stranger";
  const foreignSite = isBelow("/api", pathOf(head, parts)) ? refuseForeignSite(headers) : null;
  if (foreignSite) return foreignSite;
  const caller = whoAsks(head, parts);
  if (!caller) {
    if (fileOf(method, url.pathname.slice(1), parts)) return "open";
    return refusal(
      "unauthorized",
      'who asks has to be known: by the header "Authorization: Bearer TOKEN", or the cookie of a browser that has logged in',
    );
  }
  const changes = method !== "GET" && method !== "HEAD";
  if (caller.byCookie && changes && headers.get("origin") === null) {
    return refusal("forbidden", "what changes something is asked by the page itself, with the header Origin");
  }
  return null;
}

function isBelow(path: string, asked: string): boolean {
  return asked === path || asked.startsWith(`${path}/`);
}

async function respond(request: Request, head: RequestHead, parts: FleetDoorParts): Promise<Response> {
  const { app, links, proxies, ending } = parts;
  const url = new URL(request.url);
  if (links && url.pathname === ENTRANCE) return enter(request, url, links, WORTHLESS);
  const isPlaced = isOfLink(head, parts);
  const path = pathOf(head, parts);
  const file = fileOf(request.method, path.slice(1), parts);
  if (file) return new Response(file.text, { headers: { "content-type": file.type } });
  const address = proxies.clientOf(head.address, head.headers);
  const bindings = { caller: whoAsks(head, parts), address, ending };
  if (!isPlaced) return await app.fetch(request, bindings);
  return await app.fetch(new Request(new URL(`${path}${url.search}`, url), request), bindings);
}

function whoAsks(head: RequestHead, parts: FleetDoorParts): Caller | null {
  return isOfLink(head, parts) ? parts.access.local(true) : parts.access.callerOf(head.headers);
}

/** Whether a browser of this machine asks, at the place that its link has led it to. */
function isOfLink({ url, headers }: RequestHead, { links }: FleetDoorParts): boolean {
  return links !== null && links.admits(placeOf(url), headers.get("cookie"));
}

/** What is asked for, without the place of a link. */
function pathOf(head: RequestHead, parts: FleetDoorParts): string {
  const { pathname } = head.url;
  return isOfLink(head, parts) ? pathname.slice(placeOf(head.url).length + 1) : pathname;
}

function fileOf(method: string, name: string, { files }: FleetDoorParts) {
  return method === "GET" || method === "HEAD" ? files?.get(name) : undefined;
}
