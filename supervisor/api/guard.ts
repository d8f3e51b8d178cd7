import { createHash, timingSafeEqual } from "node:crypto";
import { refusal } from "./refusal.ts";

/** How a request has come to us. */
export type Peer =
  /** By the socket: the rights of the file have let it in. */
  | { readonly kind: "socket" }
  /** By a port. `isOwnUser`: whether the kernel says that the client is run by us or by root. */
  | { readonly kind: "port"; readonly token: string | null; readonly isOwnUser: () => boolean };

const LOOPBACK_NAME = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?$/i;

/** Why a request is not served; null when it may be. */
export function guard(request: Request, peer: Peer): Response | null {
  const { headers } = request;
  const origin = headers.get("origin");
  // A page in a browser may send requests to where its user can, but not from our own address.
  if (origin !== null && hostOf(origin) !== headers.get("host")) {
    return refusal("forbidden", `requests of pages from ${origin} are not served`);
  }
  if (peer.kind === "socket") return null;
  if (peer.token !== null) {
    const given = /^Bearer (.+)$/i.exec(headers.get("authorization") ?? "")?.[1];
    if (given !== undefined && isSame(given, peer.token)) return null;
    return refusal(
      "unauthorized",
      'this needs the header "Authorization: Bearer TOKEN" with the token of the configuration',
    );
  }
  // Names of other hosts that lead to the loopback belong to pages that would speak for their reader.
  if (!LOOPBACK_NAME.test(headers.get("host") ?? "")) {
    return refusal("forbidden", "without a token the port is served to localhost alone, by that name");
  }
  if (!peer.isOwnUser()) {
    return refusal("forbidden", "without a token the port is served to the supervisor's own user alone");
  }
  return null;
}

function hostOf(origin: string): string | null {
  try {
    return new URL(origin).host;
  } catch {
    return null;
  }
}

function isSame(a: string, b: string): boolean {
  const [one, other] = [a, b].map((text) => createHash("sha256").update(text).digest());
  return timingSafeEqual(one, other);
}
