import { refusal } from "./refusal.ts";

/**
 * Why a request is not served that a page of others has a browser send: such a page may send requests to where its
 * user can, but not from our own address. Null where it is none.
 */
export function refuseForeignPage(headers: Headers): Response | null {
  const origin = headers.get("origin");
  if (origin === null || hostOf(origin) === headers.get("host")) return null;
  return refusal("forbidden", `requests of pages from ${origin} are not served`);
}

/**
 * Why data is not given to a browser that another site has led here: it sends its cookie along (`SameSite=Lax`), and no
 * Origin. Null where this page asks, or its user by the address (`none`), or what is not a browser.
 */
export function refuseForeignSite(headers: Headers): Response | null {
  const site = headers.get("sec-fetch-site");
  if (site === null || site === "same-origin" || site === "none") return null;
  return refusal("forbidden", "a page of another site cannot ask for this; open the address yourself");
}

/** The token of the header `Authorization: Bearer TOKEN`; undefined where there is none. */
export function bearerOf(headers: Headers): string | undefined {
  return /^Bearer +(\S+)$/i.exec(headers.get("authorization") ?? "")?.[1];
}

function hostOf(origin: string): string | null {
  try {
    return new URL(origin).host;
  } catch {
    return null;
  }
}
