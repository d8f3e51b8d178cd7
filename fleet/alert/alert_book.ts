import type { UnitKey } from "../model/unit.ts";
import type { FleetView } from "../model/view.ts";
import type { Store } from "../store/contract.ts";
import { Queue } from "../store/turn.ts";
import { HourlySeasons } from "./detect/hourly_seasons.ts";
import { Evaluator } from "./evaluate/evaluator.ts";
import { EditedDocuments } from "./edited_documents.ts";
import { dryRun } from "./dry_run/dry_run.ts";
import type { DryRun } from "./dry_run/dry_run.ts";
import { KeptDocuments } from "./kept_documents.ts";
import { KnownAlerts } from "./known_alerts.ts";
import type { Acknowledgement, AlertInfo } from "./known_alerts.ts";
import type { LinkTo } from "./notify/alert_notice.ts";
import type { WrittenNotifier } from "./notify/notifier_schema.ts";
import type { Letter, Post } from "./notify/post.ts";
import { Outbox } from "./outbox.ts";
import { QuietTimes } from "./quiet_times.ts";
import { Rounds } from "./rounds.ts";
import { RuleFiles } from "./rule_files.ts";
import type { FixedRule } from "./rule_files.ts";
import { RuleEditor } from "./rule_editor.ts";
import { toRule } from "./rules/rule_schema.ts";
import type { WrittenRule } from "./rules/rule_schema.ts";
import { RulesInForce } from "./rules_in_force.ts";
import { Suppressor } from "./suppress.ts";

/** How often rules are evaluated, and how soon after somebody has come or gone. */
const [EVERY_MS, SOON_MS] = [10_000, 1_000];
const NO_SEASONS: Evaluator["seasons"] = new Map();

/** What alerts are kept with. */
export interface AlertParts {
  readonly view: FleetView;
  readonly store: Store;
  /** Of the configuration: they cannot be changed otherwise. */
  readonly rules: readonly WrittenRule[];
  readonly notifiers: readonly WrittenNotifier[];
  readonly now: () => number;
  /** A line for people. */
  readonly say: (line: string) => void;
  /** Where people see an alert. */
  readonly linkTo?: LinkTo;
  readonly everyMs?: number;
  /** Whether others may evaluate: this one does nothing but tell of it until it is to lead. */
  readonly isShared?: boolean;
  /** Host and path of the file that the rules are of, where others may have another; null: nobody has. */
  readonly origin?: string | null;
}

/** Rules, the alerts they have, and who is told of them. */
export class AlertBook {
  #kept!: KeptDocuments;
  #store!: Store;
  readonly #known = new KnownAlerts((key, value) => this.#kept.put(key, value));
  readonly #edited: EditedDocuments;
  readonly #outbox: Outbox;
  readonly #seasons: HourlySeasons;
  /** Whether we evaluate, and tell. */
  #isLeading: boolean;
  #isOurs = () => true;
  /** Of leading, resting and looking what others do. */
  readonly #turns = new Queue();
  readonly #rules: RulesInForce;
  readonly #files: RuleFiles;
  /** When people want nothing to be sent. */
  readonly quiet: QuietTimes;
  /** Rules and destinations, and changes of them. */
  readonly editor: RuleEditor;
  /** Null as long as another manager evaluates. */
  #evaluator: Evaluator | null = null;
  readonly #rounds: Rounds;
  #stopListening = () => {};
  #isLogFailing = false;

  private constructor(readonly parts: AlertParts) {
    const { store, now } = parts;
    this.#isLeading = !parts.isShared;
    this.#edited = new EditedDocuments(store, now);
    this.#files = new RuleFiles({ ...parts, origin: parts.origin ?? null });
    this.#rules = new RulesInForce({ ...parts, fixed: () => this.#files.fixed }, this.#edited.maps.rules);
    this.#outbox = new Outbox(parts, this.#known, this.#rules);
    this.#seasons = new HourlySeasons(parts);
    this.quiet = new QuietTimes(this.#edited);
    this.editor = new RuleEditor(parts, this.#edited, this.#rules, () => this.#rebuild());
    this.#rounds = new Rounds({
      now,
      everyMs: parts.everyMs ?? EVERY_MS,
      work: () => this.tick(),
      onError: ({ message }) => parts.say(`alerts: ${message}`),
    });
    this.#equip(store);
  }

  /** Notices that wait, and those that could not be delivered. */
  get post(): Post {
    return this.#outbox.post;
  }

  /** Take up what an earlier manager has left. */
  static async open(parts: AlertParts): Promise<AlertBook> {
    const book = new AlertBook(parts);
    await book.#reload();
    return book;
  }

  /**
   * Evaluate, and tell, from where another manager has ended.
   * @param store what is changed there fails where another has taken over by then
   * @param isOurs whether another cannot have taken over yet: nothing is sent while that is not sure
   */
  lead(store: Store, isOurs: () => boolean): Promise<void> {
    return this.#turns.do(async () => {
      this.#isLeading = true;
      this.#isOurs = isOurs;
      this.#equip(store);
      await this.#reload();
      this.start();
    });
  }

  /** Another manager evaluates: from now on we tell what it has stored. */
  rest(): Promise<void> {
    return this.#turns.do(async () => {
      await this.stop();
      this.#isLeading = false;
      this.#equip(this.parts.store);
      await this.#reload();
    });
  }

  /** Take up what others have changed; those who lead do that as they evaluate. */
  refresh(): Promise<void> {
    return this.#turns.do(() => this.#isLeading ? undefined : this.#reload());
  }

  /** Nothing is looked for any more: what only our file says holds a little longer. */
  leave(): Promise<void> {
    return this.#files.leave();
  }

  /** Evaluate from now on, again and again. */
  start(): void {
    this.#rounds.start();
    this.#stopListening = this.parts.view.listen({
      change: ({ kind }) => kind === "agent" && this.#rounds.hurry(SOON_MS),
    });
  }

  async stop(): Promise<void> {
    this.#rounds.stop();
    this.#stopListening();
    this.#evaluator?.close();
    this.#evaluator = null;
    await this.#outbox.close();
    await this.#rounds.settled();
    await this.#writeLog();
    await this.#kept.flush();
  }

  /** Evaluate every rule, store what has changed, and then tell of it. @returns when all of it was tried to be sent */
  async tick(): Promise<void> {
    const now = this.parts.now();
    if (this.parts.isShared) await this.#takeEdits().catch(() => {}); // Of a store that is away others tell.
    await this.#seasons.readFor(this.#evaluator, now);
    const changes = this.#evaluator?.evaluate(now) ?? [];
    for (const [key, state] of changes) this.#known.keep(key, state, now);
    this.#forgetRetired(now);
    const suppressor = this.#suppressor(now);
    this.#outbox.plan(now, suppressor);
    await this.#writeLog();
    // Nothing is told that would be told again after a loss of power.
    if (!await this.#kept.flush() || !this.#isOurs()) return;
    await this.#outbox.deliver(now, suppressor);
    await this.#kept.flush();
  }

  /** Alerts of some units, or of all, those that matter most and fired last first. */
  alerts(units: readonly UnitKey[] | null): AlertInfo[] {
    return this.#known.list(units, this.#suppressor(this.parts.now()));
  }

  /** The numbers of tasks that an alert is pending or firing about. */
  troubledTasks(): Iterable<number> {
    return this.#known.troubledTasks();
  }

  /** Note that somebody knows of an alert. @returns whether there is such a one that fires */
  async acknowledge(key: string, by: string, note: string): Promise<boolean> {
    const state = this.#known.acknowledge(key, by, this.parts.now(), note);
    if (!state) return false;
    await this.#kept.flush();
    await this.#edited.audit(by, `acknowledged ${key}`, { note }, state.units[0] ?? null);
    return true;
  }

  /** Try a notice again that nobody has taken. @returns whether there is such a one */
  async revive(id: string): Promise<boolean> {
    const isThere = this.post.revive(id);
    if (isThere && !this.#isLeading) await this.#kept.flush();
    return isThere;
  }

  /** How the files of managers differ, in a line; null where they do not. */
  get difference(): string | null {
    return this.#files.difference;
  }

  /** The rules, those of configurations first, each with what stands in its way. */
  rules(): (FixedRule & { readonly isFixed: boolean; readonly note: string | null })[] {
    return this.#rules.written().map(({ rule, ...rest }) => ({
      rule,
      ...rest,
      note: this.#rules.noteOn(rule.alert, this.#evaluator?.seasons ?? NO_SEASONS),
    }));
  }

  /** Try a rule on what is stored. @param units what may be seen; null: all */
  dryRun(
    rule: WrittenRule,
    from: number,
    until: number,
    units: readonly UnitKey[] | null,
    signal: AbortSignal,
  ): Promise<DryRun> {
    return dryRun(this.parts, toRule(rule), from, until, units, signal);
  }

  #load(key: string, value: unknown): void {
    const at = key.indexOf("/");
    const [part, rest] = [key.slice(0, at), key.slice(at + 1)];
    if (part === "out") this.post.waiting.set(rest, value as Letter);
    else if (part === "dead") this.post.dead.set(rest, value as Letter);
    else this.#known.load(part, rest, value);
  }

  /** What changes are written by, and notices are sent by. */
  #equip(store: Store): void {
    this.#store = store;
    const kept = this.#kept = new KeptDocuments(store, "alerts", this.parts.say);
    this.#outbox.open((key, value) => kept.put(key, value));
  }

  /** Take all as it is stored, in place of what we knew. */
  async #reload(): Promise<void> {
    const stored = await this.parts.store.documents("alerts");
    await this.#edited.load();
    await this.#files.exchange();
    this.#known.clear();
    for (const map of [this.post.waiting, this.post.dead]) map.clear();
    for (const [key, value] of stored) this.#load(key, value);
    this.#rebuild();
  }

  /** What has been changed at other managers: rules and destinations, acknowledgements, notices to be tried again. */
  async #takeEdits(): Promise<void> {
    // One after the other: what has been taken up holds, though the other cannot be read.
    if (await this.#edited.load()) this.#rebuild();
    if (await this.#files.exchange()) this.#rebuild();
    // What we have not written yet is newer than what is there.
    if (!await this.#kept.flush()) return;
    const { changes } = this.#kept;
    const stored = await this.parts.store.documents("alerts");
    if (this.#kept.changes !== changes) return;
    const { waiting, dead } = this.post;
    for (const id of [...dead.keys()]) if (!stored.has(`dead/${id}`)) dead.delete(id);
    for (const [key, value] of stored) {
      const id = key.slice(key.indexOf("/") + 1);
      if (key.startsWith("ack/")) this.#known.maps.ack.set(id, value as Acknowledgement);
      else if (key.startsWith("out/") && !waiting.has(id)) waiting.set(id, value as Letter);
    }
  }

  /** Take rules and destinations as they are now. */
  #rebuild(): void {
    const now = this.parts.now();
    const notifiers = this.editor.notifiers().map(({ notifier }) => notifier);
    this.#rules.rebuild(now, new Set(notifiers.map(({ name }) => name)));
    this.#outbox.setNotifiers(notifiers);
    if (!this.#isLeading) return;
    this.#known.endUnless((rule) => this.#rules.named.get(rule)?.isEnabled === true, now);
    this.#evaluator?.close();
    this.#evaluator = new Evaluator(
      this.parts.view,
      [...this.#rules.named.values()],
      this.#known.maps.state.values(),
      now,
    );
    this.#seasons.forget();
  }

  /** Write down what has changed, all of it at once: each write waits for the disk. */
  async #writeLog(): Promise<void> {
    const entries = this.#known.takeUnlogged();
    if (entries.length === 0) return;
    try {
      await this.#store.log("alerts", entries);
      this.#isLogFailing = false;
    } catch (error) {
      this.#known.putBack(entries);
      if (!this.#isLogFailing) {
        this.parts.say(`the log of alerts cannot be written: ${(error as Error).message}; it is tried again`);
      }
      this.#isLogFailing = true;
    }
  }

  #forgetRetired(now: number): void {
    this.#rules.forgetRetired(now);
    for (const [key, state] of this.#known.maps.state) {
      if (!this.#rules.named.get(state.rule)?.isEnabled && !this.#rules.isRetired(state.rule)) {
        this.#known.keep(key, null, now);
      }
    }
  }

  #suppressor(now: number): Suppressor {
    const inhibitedBy = new Map([...this.#rules.named.values()].map((rule) => [rule.name, rule.inhibitedBy]));
    const { silences, maintenance } = this.#edited.maps;
    return new Suppressor(
      silences.values(),
      maintenance.values(),
      this.#known.maps.state.values(),
      inhibitedBy,
      now,
    );
  }
}
