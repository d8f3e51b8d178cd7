import { createHash, randomBytes, timingSafeEqual } from "node:crypto";

/** Links that were made and not used, and browsers that were let in: more of them push out the oldest. */
const MOST_LINKS = 8;
const MOST_SESSIONS = 32;
/** A browser that has asked nothing for so long needs a new link. */
const IDLE_MS = 12 * 3_600_000;
const COOKIE = "proctor";

interface Session {
  readonly cookie: Uint8Array;
  usedMs: number;
}

/** What a browser is let in with. */
export interface Admission {
  /** The first part of every address of this session. */
  readonly place: string;
  /** The value of the header `Set-Cookie`. */
  readonly cookie: string;
}

/**
 * Who may see the page. A link with a code in it lets one browser in, once. The browser keeps a cookie for a path of
 * chance: cookies are not kept apart by ports, so that without it every other server of this host name, which may be
 * another user's, would be sent the cookie as well.
 */
export class PageSessions {
  #codes: Uint8Array[] = [];
  readonly #sessions = new Map<string, Session>();

  constructor(readonly nowMs: () => number = () => performance.now()) {}

  /** A code that is good for one browser. */
  makeCode(): string {
    const code = chance();
    this.#codes = [...this.#codes, digest(code)].slice(-MOST_LINKS);
    return code;
  }

  /** Let a browser in by a code, which is worthless from then on; null when it is no code of ours, or was used. */
  enter(code: string): Admission | null {
    const given = digest(code);
    const found = this.#codes.findIndex((one) => timingSafeEqual(one, given));
    if (found < 0) return null;
    this.#codes.splice(found, 1);
    const [place, secret] = [chance(), chance()];
    this.#sessions.set(place, { cookie: digest(secret), usedMs: this.nowMs() });
    const [oldest] = this.#sessions.keys();
    if (this.#sessions.size > MOST_SESSIONS) this.#sessions.delete(oldest);
    return { place, cookie: `${COOKIE}=${secret}; Path=/${place}/; HttpOnly; SameSite=Strict` };
  }

  /** Whether a request to a place comes from the browser that was let in there. */
  admits(place: string, cookies: string | null): boolean {
    const session = this.#sessions.get(place);
    if (!session) return false;
    if (this.nowMs() - session.usedMs > IDLE_MS) {
      this.#sessions.delete(place);
      return false;
    }
    const isIt = (cookies ?? "").split(/; */).some((one) =>
      one.startsWith(`${COOKIE}=`) && timingSafeEqual(digest(one.slice(COOKIE.length + 1)), session.cookie)
    );
    if (!isIt) return false;
    this.use(place);
    return true;
  }

  /** Whoever is there still uses it, as by a stream that goes on. */
  use(place: string): void {
    const session = this.#sessions.get(place);
    if (!session) return;
    session.usedMs = this.nowMs();
    // The one that was used last comes last: the first goes when there are too many.
    this.#sessions.delete(place);
    this.#sessions.set(place, session);
  }
}

/** 256 bits that nobody can guess, fit for a path and a cookie. */
function chance(): string {
  return randomBytes(32).toString("base64url");
}

/** What is kept of a secret: of equal length, so that comparing takes the same time. */
function digest(text: string): Uint8Array {
  return createHash("sha256").update(text).digest();
}
