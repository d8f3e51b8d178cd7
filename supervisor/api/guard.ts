import { createHash, timingSafeEqual } from "node:crypto";
import { bearerOf, refuseForeignPage } from "../../io/net/foreign_page.ts";
import { refusal } from "../../io/net/refusal.ts";

/** How a request has come to us. */
export type Peer =
  /** By the socket: the rights of the file, and the kernel's word on who has connected, have let it in. */
  | { readonly kind: "socket" }
  /** By a port, which anybody may reach: a token is what lets in. */
  | { readonly kind: "port"; readonly token: string };

/** Why a request is not served, by its head alone; null when it may be. */
export function guard(headers: Headers, peer: Peer): Response | null {
  const foreign = refuseForeignPage(headers);
  if (foreign || peer.kind === "socket") return foreign;
  const given = bearerOf(headers);
  if (given !== undefined && isSame(given, peer.token)) return null;
  return refusal(
    "unauthorized",
    'a port needs the header "Authorization: Bearer TOKEN"; the token is that of the configuration, or in api_token in the state directory',
  );
}

/** In constant time, regardless of the input. */
function isSame(a: string, b: string): boolean {
  const [one, other] = [a, b].map((text) => createHash("sha256").update(text).digest());
  return timingSafeEqual(one, other);
}
