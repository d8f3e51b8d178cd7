import { bearerOf } from "../../../io/net/foreign_page.ts";
import type { Store } from "../../store/contract.ts";
import { Caller } from "./caller.ts";
import { ALL } from "./grant.ts";
import type { Grant } from "./grant.ts";
import { LoginLimit } from "./login_limit.ts";
import { digest } from "./secret.ts";
import { Sessions } from "./sessions.ts";
import { Tokens } from "./tokens.ts";
import { Users } from "./users.ts";

/** What access is made of. */
export interface AccessOptions {
  /** A token of the machine's own, which may everything; null: there is none. */
  readonly localToken: string | null;
  /** Whether browsers come by TLS. */
  readonly isSecure: boolean;
  readonly now?: () => number;
}

const EVERYTHING: readonly Grant[] = [{ role: "admin", domain: ALL, channel: ALL }];

/** Who may ask, and what. */
export class Access {
  readonly sessions: Sessions;
  readonly logins: LoginLimit;

  private constructor(
    readonly store: Store,
    readonly tokens: Tokens,
    readonly users: Users,
    readonly options: AccessOptions,
    readonly now: () => number,
  ) {
    this.sessions = new Sessions(options.isSecure, now);
    this.logins = new LoginLimit(now);
  }

  /** With the tokens and users that are stored. */
  static async open(store: Store, options: AccessOptions): Promise<Access> {
    const now = options.now ?? Date.now;
    return new Access(store, await Tokens.open(store, now), await Users.open(store, now), options, now);
  }

  /** Take up what has been changed at other managers of the store. */
  async refresh(): Promise<void> {
    await this.tokens.load();
    await this.users.load();
  }

  /** Whether anybody could be let in beyond this machine. */
  get hasSomebody(): boolean {
    return this.tokens.list().length > 0 || this.users.list().length > 0;
  }

  /** Who asks, by the head of the request; null for nobody that is known. */
  callerOf(headers: Headers): Caller | null {
    const bearer = bearerOf(headers);
    if (bearer !== undefined) return this.#isLocal(bearer) ? this.local(false) : this.tokens.callerOf(bearer);
    const cookies = headers.get("cookie");
    const visitor = this.sessions.visitorOf(cookies);
    const isHere = () => this.sessions.visitorOf(cookies) === visitor;
    if (visitor && "identity" in visitor) {
      const { name, grants } = visitor.identity;
      return new Caller(name, grants, true, isHere);
    }
    const user = visitor === null ? undefined : this.users.get(visitor.user);
    // Another manager may have changed him, or somebody else may have his name by now: that ends it here as well.
    if (!user || visitor!.stamp !== this.users.stampOf(user.name)) return null;
    const isValid = () => isHere() && this.users.get(user.name) === user;
    return new Caller(`user ${user.name}`, user.grants, true, isValid);
  }

  /** The user of this machine, who may everything. */
  local(byCookie: boolean): Caller {
    return new Caller("this machine", EVERYTHING, byCookie, () => true);
  }

  /**
   * Write down what somebody has done.
   * @param address where he has asked from
   */
  async audit(
    caller: Pick<Caller, "name">,
    address: string,
    text: string,
    detail: Readonly<Record<string, unknown>> = {},
  ): Promise<void> {
    const entry = { at: this.now(), unit: null, text: `${caller.name}: ${text}` };
    await this.store.log("audit", [{ ...entry, detail: { ...detail, address } }]);
  }

  #isLocal(token: string): boolean {
    const { localToken } = this.options;
    // Of digests nothing can be learnt by the time that comparing takes.
    return localToken !== null && digest(token) === digest(localToken);
  }
}
