import { chance, digest } from "../access/secret.ts";
import type { Expected } from "./provider.ts";

const COOKIE = "proctor_login";
const SECURE_COOKIE = `__Host-${COOKIE}`;
/** Whoever has not logged in by then begins again. */
const WITHIN_SECONDS = 600;
/** Anybody may begin: more of them push out the oldest. */
const MOST_PENDING = 10_000;

interface Pending {
  readonly provider: string;
  readonly expected: Expected;
  /** What the browser has that began it. */
  readonly browser: string;
  readonly since: number;
}

/** Logins that have begun, each of one browser, at one provider; each comes back once. */
export class PendingLogins {
  readonly #byState = new Map<string, Pending>();
  readonly #cookie: string;

  constructor(readonly isSecure: boolean, readonly now: () => number) {
    this.#cookie = isSecure ? SECURE_COOKIE : COOKIE;
  }

  /** Remember one. @returns the value of the header `Set-Cookie` that binds it to the browser */
  add(provider: string, expected: Expected): string {
    const secret = chance();
    const pending = { provider, expected, browser: digest(secret), since: this.now() };
    this.#byState.set(digest(expected.state), pending);
    const [oldest] = this.#byState.keys();
    if (this.#byState.size > MOST_PENDING) this.#byState.delete(oldest);
    return this.#set(secret, WITHIN_SECONDS);
  }

  /** What a login has to come back with: of this browser, at this provider, and not before; else null. */
  take(provider: string, state: string | null, cookies: string | null): Expected | null {
    const key = digest(state ?? "");
    const pending = this.#byState.get(key);
    const lead = `${this.#cookie}=`;
    const secret = (cookies ?? "").split(/; */).find((one) => one.startsWith(lead))?.slice(lead.length);
    if (!pending || secret === undefined || digest(secret) !== pending.browser) return null;
    this.#byState.delete(key);
    if (pending.provider !== provider || this.now() - pending.since > WITHIN_SECONDS * 1_000) return null;
    return pending.expected;
  }

  /** The value of `Set-Cookie` that takes the cookie away. */
  get forgotten(): string {
    return this.#set("", 0);
  }

  #set(value: string, seconds: number): string {
    const secure = this.isSecure ? "; Secure" : "";
    // Lax: the provider leads the browser back, and it has to have it then.
    return `${this.#cookie}=${value}; Path=/; Max-Age=${seconds}; HttpOnly; SameSite=Lax${secure}`;
  }
}
