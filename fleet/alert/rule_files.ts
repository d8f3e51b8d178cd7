import { createHash } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import type { Store } from "../store/contract.ts";
import type { WrittenNotifier } from "./notify/notifier_schema.ts";
import { ruleSchema } from "./rules/rule_schema.ts";
import type { WrittenRule } from "./rules/rule_schema.ts";

const COLLECTION = "rule_files";
/** A manager says so often that its file is still in use, ms. */
const HEARD_EVERY_MS = 60_000;
/** Rules of a manager that has ended stay so long: it may be about to start again, with another file. */
const ENDED_MS = 600_000;
/** Those of one that is not heard any more stay longer: its machine may be what an alert is about. */
const SILENT_MS = 86_400_000;

/** What a file says of alerts, as it is kept for the other managers. */
const fileSchema = z.object({
  /** When a manager has read it as it is, ms since 1970: of two rules of one name the later holds. */
  readAt: z.number(),
  heardAt: z.number(),
  endedAt: z.number().nullable(),
  /** Tells whether the destinations are the same, but for what they are reached by. */
  destinations: z.string(),
  rules: z.array(z.unknown()),
});
type RuleFile = z.output<typeof fileSchema>;

/** A rule of a file; of another manager's where it is from somewhere. */
export interface FixedRule {
  readonly rule: WrittenRule;
  /** Host and path of the file that it is of; null: our own. */
  readonly origin: string | null;
}

/** What the files of managers are told to each other with. */
export interface RuleFileParts {
  readonly store: Pick<Store, "documents" | "saveDocuments">;
  /** Host and path of our file; null where nobody shares the store. */
  readonly origin: string | null;
  /** Of our file. */
  readonly rules: readonly WrittenRule[];
  readonly notifiers: readonly WrittenNotifier[];
  readonly now: () => number;
  /** A line for people. */
  readonly say: (line: string) => void;
}

/**
 * The rules of files, of all managers of a store: whichever evaluates knows them all, so that none ends what another
 * has been told to look for. A file that is read again replaces what it said before.
 */
export class RuleFiles {
  #fixed: readonly FixedRule[];
  #difference: string | null = null;
  #files: ReadonlyMap<string, unknown> = new Map();
  #hasLeft = false;
  readonly #readAt: number;
  readonly #destinations: string;
  readonly #plain: readonly unknown[];

  constructor(readonly parts: RuleFileParts) {
    const { rules, notifiers, now } = parts;
    this.#fixed = rules.map((rule) => ({ rule, origin: null }));
    this.#readAt = now();
    this.#destinations = createHash("sha256").update(JSON.stringify(notifiers.map(nameable))).digest("hex");
    this.#plain = JSON.parse(JSON.stringify(rules));
  }

  /** All of them, each name once, our own first. */
  get fixed(): readonly FixedRule[] {
    return this.#fixed;
  }

  /** How files differ, in a line; null where they do not. */
  get difference(): string | null {
    return this.#difference;
  }

  /** Tell the others of ours, and take up theirs. @returns whether there are other rules than before */
  async exchange(): Promise<boolean> {
    const { origin, store, now } = this.parts;
    if (origin === null) return false;
    const at = now();
    const stored = new Map(await store.documents(COLLECTION));
    const changes = this.#changes(origin, stored, at);
    if (changes.size > 0) await store.saveDocuments(COLLECTION, changes);
    for (const [name, file] of changes) {
      if (file === null) stored.delete(name);
      else stored.set(name, file);
    }
    const files = new Map([...stored].map(([name, file]) => [name, { ...file as RuleFile, heardAt: 0 }]));
    if (isDeepStrictEqual(files, this.#files)) return false;
    this.#files = files;
    return this.#take(origin, stored);
  }

  /** We end: what is only in our file holds a little longer. */
  async leave(): Promise<void> {
    const { origin, store, now } = this.parts;
    if (origin === null) return;
    this.#hasLeft = true;
    const own = fileSchema.safeParse((await store.documents(COLLECTION)).get(origin)).data;
    if (own && this.#isOurs(own)) {
      await store.saveDocuments(COLLECTION, new Map([[origin, { ...own, endedAt: now() }]]));
    }
  }

  /** What is to be written: ours where that is news, and the end of those that are no longer used. */
  #changes(origin: string, stored: ReadonlyMap<string, unknown>, now: number): Map<string, RuleFile | null> {
    const changes = new Map<string, RuleFile | null>();
    for (const [name, file] of stored) {
      const { data } = fileSchema.safeParse(file);
      if (!data || name === origin) continue;
      const isOver = now - data.heardAt > SILENT_MS || now - (data.endedAt ?? now) > ENDED_MS;
      if (isOver) changes.set(name, null);
    }
    // What goes on until we have ended does not begin anew.
    if (this.#hasLeft) return changes;
    const own = fileSchema.safeParse(stored.get(origin)).data;
    const isOurs = own !== undefined && this.#isOurs(own);
    // Who has read the same file after us knows better what is in it.
    if (own && !isOurs && own.endedAt === null && own.readAt > this.#readAt) return changes;
    if (isOurs && own.endedAt === null && now - own.heardAt < HEARD_EVERY_MS) return changes;
    changes.set(origin, {
      // A start is no change of the file.
      readAt: isOurs ? own.readAt : this.#readAt,
      heardAt: now,
      endedAt: null,
      destinations: this.#destinations,
      rules: [...this.#plain],
    });
    return changes;
  }

  #isOurs({ rules, destinations }: RuleFile): boolean {
    return destinations === this.#destinations && isDeepStrictEqual(rules, this.#plain);
  }

  #take(origin: string, stored: ReadonlyMap<string, unknown>): boolean {
    const byName = new Map<string, FixedRule & { readonly readAt: number }>();
    // Another program of this host may have read the same file later, with other rules in it.
    const own = fileSchema.safeParse(stored.get(origin)).data;
    const ownAt = own && this.#isOurs(own) ? own.readAt : this.#readAt;
    for (const rule of this.parts.rules) byName.set(rule.alert, { rule, origin: null, readAt: ownAt });
    const faults: string[] = [];
    for (const [name, file] of stored) {
      const { data } = fileSchema.safeParse(file);
      if (!data || (name === origin && this.#isOurs(data))) continue;
      faults.push(...this.#faultsOf(name, data, ownAt));
      for (const written of data.rules) {
        // A newer proctor may write what this one does not know.
        const rule = ruleSchema.safeParse(written).data;
        if (!rule) continue;
        const known = byName.get(rule.alert);
        if (known && (data.readAt <= known.readAt || isDeepStrictEqual(known.rule, rule))) continue;
        byName.set(rule.alert, { rule, origin: name, readAt: data.readAt });
      }
    }
    const before = this.#fixed;
    this.#fixed = [...byName.values()].map(({ rule, origin }) => ({ rule, origin }));
    this.#tell(faults);
    return !isDeepStrictEqual(before, this.#fixed);
  }

  /** How a file differs from ours, which was read then, in words. */
  #faultsOf(name: string, { rules, destinations, readAt }: RuleFile, ownAt: number): string[] {
    const named = (all: readonly unknown[]) =>
      new Map(all.map((rule) => [String((rule as WrittenRule | null)?.alert), rule] as const));
    const [own, theirs] = [named(this.#plain), named(rules)];
    const only = (all: ReadonlyMap<string, unknown>, than: ReadonlyMap<string, unknown>) =>
      [...all.keys()].filter((alert) => !than.has(alert));
    const other = [...own.keys()].filter((alert) =>
      theirs.has(alert) && !isDeepStrictEqual(own.get(alert), theirs.get(alert))
    );
    const faults = [
      [only(theirs, own), `only in ${name}`],
      [only(own, theirs), `not in ${name}`],
      [other, `${readAt > ownAt ? "newer" : "older"} in ${name}`],
    ] as const;
    return [
      ...faults.filter(([names]) => names.length > 0).map(([names, where]) => `${listed(names)} ${where}`),
      ...(destinations === this.#destinations ? [] : [`other destinations in ${name}`]),
    ];
  }

  #tell(faults: readonly string[]): void {
    const before = this.#difference;
    this.#difference = faults.length === 0
      ? null
      : `the files of managers differ: ${
        faults.join("; ")
      }; rules of all of them hold, the newest of a name, ` +
        "and notices go to the destinations of the manager that evaluates; give all the same file";
    if (this.#difference === before) return;
    this.parts.say(`alerts: ${this.#difference ?? "the files of all managers are the same again"}`);
  }
}

/** Which of a destination's settings others may know. */
const OPEN = [
  "name",
  "severity",
  "resolved",
  "wait",
  "interval",
  "repeat",
  "digest",
  "most_per_hour",
] as const;

/** What is no secret of a destination: from a sum in a database, a short password could be guessed. */
function nameable(notifier: WrittenNotifier): unknown[] {
  return [...OPEN.map((key) => notifier[key]), Object.keys(notifier).sort()];
}

const MOST_NAMED = 5;

function listed(names: readonly string[]): string {
  const more = names.length - MOST_NAMED;
  return names.slice(0, MOST_NAMED).join(", ") + (more > 0 ? ` and ${more} more` : "");
}
