import type { Grant } from "./grant.ts";
import { chance, digest } from "./secret.ts";

const COOKIE = "proctor_session";
/** A name that browsers take over TLS only, for all paths, and from this very host. */
const SECURE_COOKIE = `__Host-${COOKIE}`;
const IDLE_MS = 12 * 3_600_000;
const LONGEST_MS = 7 * 24 * 3_600_000;
const MOST_SESSIONS = 10_000;

/** Who keeps his own list of people has his word asked for again after so long. */
const LONGEST_BY_PROVIDER_MS = 12 * 3_600_000;

/** Somebody whom a provider has logged in. Issuer and subject say who it is: names may be anybody's. */
export interface Identity {
  readonly provider: string;
  readonly issuer: string;
  readonly subject: string;
  /** How it is called in the audit. */
  readonly name: string;
  readonly grants: readonly Grant[];
  /** Where the browser ends its login there as well; null where that is not possible. */
  readonly endUrl: string | null;
}

/**
 * Whose browser it is: a user of ours, by name and by what he was when he logged in (`Users.stampOf`), or somebody whom
 * a provider knows.
 */
export type Visitor =
  | { readonly user: string; readonly stamp: string }
  | { readonly identity: Identity };

interface Session {
  readonly visitor: Visitor;
  readonly since: number;
  usedAt: number;
}

/** Browsers whose users have logged in. They are forgotten with the manager. */
export class Sessions {
  readonly #byHash = new Map<string, Session>();
  readonly #cookie: string;

  /** @param isSecure whether browsers come by TLS */
  constructor(readonly isSecure: boolean, readonly now: () => number) {
    this.#cookie = isSecure ? SECURE_COOKIE : COOKIE;
  }

  /** Let a browser in. @returns the value of its header `Set-Cookie` */
  open(visitor: Visitor): string {
    const secret = chance();
    this.#byHash.set(digest(secret), { visitor, since: this.now(), usedAt: this.now() });
    const [oldest] = this.#byHash.keys();
    if (this.#byHash.size > MOST_SESSIONS) this.#byHash.delete(oldest);
    return this.#set(secret, "");
  }

  /** Whose browser it is, by its cookies; null where it has not logged in, or too long ago. */
  visitorOf(cookies: string | null): Visitor | null {
    const hash = this.#hashOf(cookies);
    const session = hash === null ? undefined : this.#byHash.get(hash);
    if (!session) return null;
    const now = this.now();
    const longest = "user" in session.visitor ? LONGEST_MS : LONGEST_BY_PROVIDER_MS;
    if (now - session.usedAt > IDLE_MS || now - session.since > longest) {
      this.#byHash.delete(hash!);
      return null;
    }
    session.usedAt = now;
    return session.visitor;
  }

  /** Forget a browser. @returns the value of its header `Set-Cookie` */
  close(cookies: string | null): string {
    const hash = this.#hashOf(cookies);
    if (hash !== null) this.#byHash.delete(hash);
    return this.#set("", "; Max-Age=0");
  }

  /** Forget all browsers of a user. */
  closeAll(user: string): void {
    for (const [hash, { visitor }] of this.#byHash) {
      if ("user" in visitor && visitor.user === user) this.#byHash.delete(hash);
    }
  }

  #hashOf(cookies: string | null): string | null {
    const lead = `${this.#cookie}=`;
    const found = (cookies ?? "").split(/; */).find((one) => one.startsWith(lead));
    return found === undefined ? null : digest(found.slice(lead.length));
  }

  #set(value: string, more: string): string {
    const secure = this.isSecure ? "; Secure" : "";
    return `${this.#cookie}=${value}; Path=/; HttpOnly; SameSite=Lax${secure}${more}`;
  }
}
