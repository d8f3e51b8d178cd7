import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import type { Store } from "../../store/contract.ts";
import { Edits } from "../../store/edits.ts";
import { grantSchema } from "./grant.ts";
import type { Grant } from "./grant.ts";
import { digest, isPassword, keepPassword, passwordSchema } from "./secret.ts";
import type { KeptPassword } from "./secret.ts";

const COLLECTION = "users";
/** More of them have a place of their own for that. */
export const MOST_USERS = 1_000;

const keptSchema = z.object({
  name: z.string(),
  password: passwordSchema,
  grants: z.array(grantSchema),
  createdAt: z.number(),
  createdBy: z.string(),
});
type Kept = z.output<typeof keptSchema>;
/** Somebody who can log in. */
export type UserFacts = Omit<Kept, "password">;

/** People who can log in with a password. */
export class Users {
  readonly #byName = new Map<string, Kept>();
  readonly #edits = new Edits();
  /** What the password of nobody is held against: that there is no such name takes as long to say. */
  #nobody: Promise<KeptPassword> | undefined;

  private constructor(readonly store: Store, readonly now: () => number) {}

  /** Those that are stored; what is no user is none. */
  static async open(store: Store, now: () => number): Promise<Users> {
    const users = new Users(store, now);
    await users.load();
    return users;
  }

  /** Take up what other managers have changed. Whoever is as before stays the same one, with what is open for him. */
  async load(): Promise<void> {
    const stored = await this.#edits.read(() => this.store.documents(COLLECTION));
    if (!stored) return;
    const before = new Map(this.#byName);
    this.#byName.clear();
    for (const value of stored.values()) {
      const { data } = keptSchema.safeParse(value);
      if (!data) continue;
      const known = before.get(data.name);
      this.#byName.set(data.name, known && isDeepStrictEqual(known, data) ? known : data);
    }
  }

  get(name: string): UserFacts | undefined {
    return this.#byName.get(name);
  }

  /**
   * What tells a user from another one of his name, and from himself with another password or other rights. All
   * managers of a store have the same of him.
   */
  stampOf(name: string): string | undefined {
    const kept = this.#byName.get(name);
    if (!kept) return undefined;
    const { createdAt, password: { salt, key }, grants } = kept;
    const rights = grants.map(({ role, domain, channel }) => [role, domain, channel]);
    return digest(JSON.stringify([createdAt, salt, key, rights]));
  }

  list(): UserFacts[] {
    return [...this.#byName.values()].map(({ password: _, ...facts }) => facts)
      .sort((a, b) => a.name < b.name ? -1 : 1);
  }

  /** Whether somebody is who he says. */
  async isRight(name: string, password: string): Promise<boolean> {
    const kept = this.#byName.get(name);
    const isIt = await isPassword(password, kept?.password ?? await (this.#nobody ??= keepPassword("")));
    return kept !== undefined && isIt;
  }

  /** Put somebody in, or change what he may. @param password null: it stays as it is */
  async put(name: string, grants: readonly Grant[], password: string | null, by: string): Promise<UserFacts> {
    const before = this.#byName.get(name);
    const kept: Kept = {
      name,
      grants: [...grants],
      password: password === null ? before!.password : await keepPassword(password),
      createdAt: before?.createdAt ?? this.now(),
      createdBy: before?.createdBy ?? by,
    };
    await this.#edits.edit(async () => {
      await this.store.saveDocuments(COLLECTION, new Map([[name, kept]]));
      this.#byName.set(name, kept);
    });
    const { password: _, ...facts } = kept;
    return facts;
  }

  async remove(name: string): Promise<void> {
    await this.#edits.edit(async () => {
      this.#byName.delete(name);
      await this.store.saveDocuments(COLLECTION, new Map([[name, null]]));
    });
  }
}
