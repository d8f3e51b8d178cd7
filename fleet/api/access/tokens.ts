import { z } from "zod";
import type { Store } from "../../store/contract.ts";
import { Edits } from "../../store/edits.ts";
import { Caller } from "./caller.ts";
import { grantSchema } from "./grant.ts";
import type { Grant } from "./grant.ts";
import { chance, digest } from "./secret.ts";

const COLLECTION = "tokens";
const PREFIX = "proctor_";
/** More of them nobody oversees. */
export const MOST_TOKENS = 1_000;

const keptSchema = z.object({
  id: z.string(),
  name: z.string(),
  hash: z.string(),
  grants: z.array(grantSchema),
  createdAt: z.number(),
  createdBy: z.string(),
  expiresAt: z.number().nullable(),
});
/** A token, without what it takes to use it. */
export type TokenFacts = Omit<z.output<typeof keptSchema>, "hash">;
type Kept = z.output<typeof keptSchema>;

/** The tokens of an API: kept as hashes, told once. */
export class Tokens {
  readonly #byHash = new Map<string, Kept>();
  readonly #edits = new Edits();

  private constructor(readonly store: Store, readonly now: () => number) {}

  /** Those that are stored; what is no token is none. */
  static async open(store: Store, now: () => number): Promise<Tokens> {
    const tokens = new Tokens(store, now);
    await tokens.load();
    return tokens;
  }

  /** Take up what other managers have made, and taken back. */
  async load(): Promise<void> {
    const stored = await this.#edits.read(() => this.store.documents(COLLECTION));
    if (!stored) return;
    this.#byHash.clear();
    for (const value of stored.values()) {
      const { data } = keptSchema.safeParse(value);
      if (data) this.#byHash.set(data.hash, data);
    }
  }

  /** Who has a token; null when it is none, or good no more. */
  callerOf(token: string): Caller | null {
    const hash = digest(token);
    const isValid = () => {
      const kept = this.#byHash.get(hash);
      return kept !== undefined && (kept.expiresAt === null || kept.expiresAt > this.now());
    };
    const kept = this.#byHash.get(hash);
    return kept && isValid() ? new Caller(`token ${kept.name}`, kept.grants, false, isValid) : null;
  }

  list(): TokenFacts[] {
    return [...this.#byHash.values()].map(({ hash: _, ...facts }) => facts)
      .sort((a, b) => a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1));
  }

  /** Make one. @returns it, with the token itself, which is told here and never again */
  async make(
    wanted: { readonly name: string; readonly grants: readonly Grant[]; readonly expiresAt: number | null },
    by: string,
  ): Promise<TokenFacts & { readonly token: string }> {
    const token = `${PREFIX}${chance()}`;
    const facts = {
      ...wanted,
      grants: [...wanted.grants],
      id: chance().slice(0, 16),
      createdAt: this.now(),
      createdBy: by,
    };
    const kept = { ...facts, hash: digest(token) };
    await this.#edits.edit(async () => {
      await this.store.saveDocuments(COLLECTION, new Map([[kept.id, kept]]));
      this.#byHash.set(kept.hash, kept);
    });
    return { ...facts, token };
  }

  /** Take one back, at once. */
  async remove(id: string): Promise<void> {
    const kept = [...this.#byHash.values()].find((one) => one.id === id);
    if (!kept) return;
    await this.#edits.edit(async () => {
      // Before it is written: it is good no more whatever becomes of that.
      this.#byHash.delete(kept.hash);
      await this.store.saveDocuments(COLLECTION, new Map([[id, null]]));
    });
  }
}
