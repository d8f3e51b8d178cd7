import { createHash, randomBytes, timingSafeEqual } from "node:crypto";

/** Links that were made and not used, and browsers that were let in: more of them push out the oldest. */
const MOST_LINKS = 8;
const MOST_SESSIONS = 32;
/** A browser that has asked nothing for so long needs a new link. */
const IDLE_MS = 12 * 3_600_000;
/** A link that nobody has followed for so long is worth nothing. */
export const LINK_MINUTES = 10;
const COOKIE = "proctor";

interface Link {
  readonly code: Uint8Array;
  readonly madeMs: number;
}

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
  #links: Link[] = [];
  readonly #sessions = new Map<string, Session>();

  constructor(readonly nowMs: () => number = () => performance.now()) {}

  /** A code that is good for one browser, for a while. */
  makeCode(): string {
    const code = chance();
    this.#links = [...this.#links, { code: digest(code), madeMs: this.nowMs() }].slice(-MOST_LINKS);
    return code;
  }

  /** Let a browser in by a code, worthless from then on; null when it is not a code of ours, too old, or was used. */
  enter(code: string): Admission | null {
    const given = digest(code);
    const found = this.#links.findIndex((one) => timingSafeEqual(one.code, given));
    if (found < 0) return null;
    const [{ madeMs }] = this.#links.splice(found, 1);
    if (this.nowMs() - madeMs > LINK_MINUTES * 60_000) return null;
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
