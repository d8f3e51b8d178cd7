import { usageError } from "../../core/error.ts";
import type { FleetView } from "../model/view.ts";
import type { FixedRule } from "./rule_files.ts";
import { needsOf } from "./evaluate/needs.ts";
import { FigureTable } from "./evaluate/table.ts";
import type { Rule } from "./rules/rule.ts";
import { toRule } from "./rules/rule_schema.ts";
import type { WrittenRule } from "./rules/rule_schema.ts";

/** The rules of all windows together take no more memory than this. */
const MOST_BYTES = 512 * 2 ** 20;
/** A rule that is removed tells of the ends of its alerts for so long. */
const RETIRED_MS = 3_600_000;

/** What rules are chosen with. */
interface RuleParts {
  readonly view: FleetView;
  /** Of configurations. */
  readonly fixed: () => readonly FixedRule[];
  /** A line for people. */
  readonly say: (line: string) => void;
}

/** The rules that hold: of all that are written, those that memory suffices for. */
export class RulesInForce {
  #named: ReadonlyMap<string, Rule> = new Map();
  readonly #refused = new Set<string>();
  readonly #retired = new Map<string, { readonly rule: Rule; readonly at: number }>();

  /** @param stored what people have added to those of the configuration */
  constructor(readonly parts: RuleParts, readonly stored: ReadonlyMap<string, WrittenRule>) {}

  /** By name. */
  get named(): ReadonlyMap<string, Rule> {
    return this.#named;
  }

  /** All that are written, those of configurations first. */
  written(): (FixedRule & { readonly isFixed: boolean })[] {
    return [
      ...this.parts.fixed().map((one) => ({ ...one, isFixed: true })),
      ...[...this.stored.values()].map((rule) => ({ rule, isFixed: false, origin: null })),
    ];
  }

  /** @throws ProctorError where there is no memory for a rule beside the others */
  refuseTooLarge(rule: WrittenRule): void {
    const others = this.written().map((one) => one.rule).filter(({ alert }) => alert !== rule.alert);
    const bytes = this.#bytesOf([...others, rule].map(toRule));
    if (bytes > MOST_BYTES) {
      throw usageError(
        `with it all windows take ${Math.ceil(bytes / 2 ** 20)} MiB; the most is ${MOST_BYTES / 2 ** 20} MiB`,
      );
    }
  }

  /** Take rules as they are written now. @param destinations the names of those there are */
  rebuild(now: number, destinations: ReadonlySet<string>): void {
    const before = this.#named;
    const chosen = this.#choose(
      this.written().map(({ rule, origin }) => {
        const { notify, ...rest } = toRule(rule);
        // Of another's file, whose destinations are not known here: to all is better than to nobody.
        const isLost = origin !== null && notify !== null && !notify.some((name) => destinations.has(name));
        return { ...rest, notify: isLost ? null : notify };
      }),
    );
    for (const name of this.#refused) {
      this.parts.say(`alerts: ${name} is off: its windows would take too much memory`);
    }
    this.#named = new Map(chosen.map((rule) => [rule.name, rule]));
    for (const [name, rule] of before) {
      if (!this.#named.get(name)?.isEnabled && rule.isEnabled) this.#retired.set(name, { rule, at: now });
    }
  }

  /** Forget those that were removed long ago. */
  forgetRetired(now: number): void {
    for (const [name, { at }] of this.#retired) if (now - at > RETIRED_MS) this.#retired.delete(name);
  }

  /** Whether a rule was removed, and the ends of its alerts are still told. */
  isRetired(name: string): boolean {
    return this.#retired.has(name);
  }

  /** The rules, and those of which ends are still told. */
  withRetired(): Map<string, Rule> {
    const retired = [...this.#retired].map(([name, { rule }]) => [name, rule] as const);
    return new Map([...retired, ...this.#named]);
  }

  /** What stands in the way of a rule; null where nothing does. @param seasons by figure, what is usual by task */
  noteOn(name: string, seasons: ReadonlyMap<string, ReadonlyMap<number, unknown>>): string | null {
    if (this.#refused.has(name)) return "it is off: its windows would take too much memory";
    const origin = this.parts.fixed().find(({ rule }) => rule.alert === name)?.origin ?? null;
    if (origin !== null) return `it is of the file ${origin}, of another manager`;
    const rule = this.#named.get(name);
    const figures = rule ? needsOf([rule]).usual : [];
    for (const figure of figures) {
      if ((seasons.get(figure)?.size ?? 0) === 0) {
        return `anomaly(${figure}) needs two weeks of history to know what is usual at an hour; it does not fire before`;
      }
    }
    return null;
  }

  /** Those that memory suffices for, the first before the others. */
  #choose(rules: readonly Rule[]): readonly Rule[] {
    this.#refused.clear();
    // One look at each is a look at all those before it: it is left to when they are too many.
    if (this.#bytesOf(rules) <= MOST_BYTES) return rules;
    const chosen: Rule[] = [];
    for (const rule of rules) {
      if (this.#bytesOf([...chosen, rule]) <= MOST_BYTES) chosen.push(rule);
      else this.#refused.add(rule.name);
    }
    return chosen;
  }

  #bytesOf(rules: readonly Rule[]): number {
    const { view } = this.parts;
    return FigureTable.bytes(needsOf(rules), view.tasks.size + view.agents.size);
  }
}
