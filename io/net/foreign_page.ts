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
