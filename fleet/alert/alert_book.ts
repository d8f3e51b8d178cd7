import { usageError } from "../../core/error.ts";
import { pause } from "../../io/deadline.ts";
import { randomHex } from "../../io/random_hex.ts";
import type { UnitKey } from "../model/unit.ts";
import type { FleetView } from "../model/view.ts";
import type { LogEntry, Store } from "../store/contract.ts";
import { Queue } from "../store/turn.ts";
import { readAllSeasons } from "./detect/season.ts";
import type { AlertState } from "./evaluate/alert_state.ts";
import { alertKey, Evaluator } from "./evaluate/evaluator.ts";
import { EditedDocuments } from "./edited_documents.ts";
import { dryRun } from "./dry_run/dry_run.ts";
import type { DryRun } from "./dry_run/dry_run.ts";
import { KeptDocuments } from "./kept_documents.ts";
import { toNotice } from "./notify/alert_notice.ts";
import type { LinkTo } from "./notify/alert_notice.ts";
import { AlertmanagerFeeds } from "./notify/alertmanager_feeds.ts";
import { toNotifier } from "./notify/notifier_schema.ts";
import type { Notifier, WrittenNotifier } from "./notify/notifier_schema.ts";
import { planNotices } from "./notify/planner.ts";
import type { GroupState } from "./notify/planner.ts";
import { Post } from "./notify/post.ts";
import type { Letter } from "./notify/post.ts";
import { SEVERITIES } from "./rules/rule.ts";
import { toRule } from "./rules/rule_schema.ts";
import type { WrittenRule } from "./rules/rule_schema.ts";
import { RulesInForce } from "./rules_in_force.ts";
import { Suppressor } from "./suppress.ts";
import type { Maintenance, Silence, Suppression } from "./suppress.ts";

/** How often rules are evaluated, and how soon after somebody has come or gone. */
const [EVERY_MS, SOON_MS] = [10_000, 1_000];
const HOUR_MS = 3_600_000;
const NO_LINK: LinkTo = () => null;
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
}

/** That somebody knows of an alert: it is not told again. */
export interface Acknowledgement {
  readonly transition: number;
  readonly by: string;
  readonly at: number;
  readonly note: string;
}

/** An alert with what people have to know of it. */
export interface AlertInfo extends AlertState {
  readonly key: string;
  readonly suppressed: Suppression | null;
  readonly acknowledged: Acknowledgement | null;
}

/** What is stored of alerts, by the part of its key before the first slash. */
interface KeptMaps {
  readonly state: Map<string, AlertState>;
  readonly told: Map<string, Readonly<Record<string, number>>>;
  readonly group: Map<string, GroupState>;
  readonly ack: Map<string, Acknowledgement>;
}

/** Rules, the alerts they have, and who is told of them. */
export class AlertBook {
  #post!: Post;
  #kept!: KeptDocuments;
  #store!: Store;
  readonly #maps: KeptMaps = { state: new Map(), told: new Map(), group: new Map(), ack: new Map() };
  readonly #edited: EditedDocuments;
  readonly #sent = new Map<string, number[]>();
  #feeds!: AlertmanagerFeeds;
  #aborted = new AbortController();
  /** Whether we evaluate, and tell. */
  #isLeading: boolean;
  /** Of leading, resting and looking what others do. */
  readonly #turns = new Queue();
  readonly #rules: RulesInForce;
  #notifiers = new Map<string, Notifier>();
  /** Null as long as another manager evaluates. */
  #evaluator: Evaluator | null = null;
  #timer: ReturnType<typeof setTimeout> | null = null;
  readonly #work = new Set<Promise<void>>();
  #stopListening = () => {};
  #seasonsOf = NaN;
  /** What has changed since the log of alerts was written. */
  readonly #unlogged: LogEntry[] = [];

  private constructor(readonly parts: AlertParts) {
    const { store, now } = parts;
    this.#isLeading = !parts.isShared;
    this.#edited = new EditedDocuments(store, now);
    this.#rules = new RulesInForce(parts, this.#edited.maps.rules);
    this.#equip(store);
  }

  /** Notices that wait, and those that could not be delivered. */
  get post(): Post {
    return this.#post;
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
   */
  lead(store: Store): Promise<void> {
    return this.#turns.do(async () => {
      this.#isLeading = true;
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

  /** Evaluate from now on, again and again. */
  start(): void {
    this.#schedule(0);
    this.#stopListening = this.parts.view.listen({
      change: ({ kind }) => kind === "agent" && this.#timer !== null && this.#schedule(SOON_MS),
    });
  }

  async stop(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#stopListening();
    this.#evaluator?.close();
    this.#evaluator = null;
    this.#aborted.abort();
    await this.#post.close();
    await Promise.all(this.#work);
    await this.#writeLog();
    await this.#kept.flush();
  }

  get #everyMs(): number {
    return this.parts.everyMs ?? EVERY_MS;
  }

  #nextAt = Infinity;
  #schedule(inMs: number): void {
    const at = this.parts.now() + inMs;
    if (this.#timer !== null) {
      if (this.#nextAt <= at) return;
      clearTimeout(this.#timer);
    }
    this.#nextAt = at;
    this.#timer = setTimeout(() => {
      const work = this.tick().catch((error: Error) => this.parts.say(`alerts: ${error.message}`))
        .finally(() => this.#work.delete(work));
      this.#work.add(work);
      // A destination may be slow, which is no reason to look away meanwhile.
      void Promise.race([work, pause(this.#everyMs, this.#aborted.signal)]).then(() => {
        if (this.#aborted.signal.aborted) return;
        this.#timer = null;
        this.#schedule(this.#everyMs);
      });
    }, inMs);
  }

  /** Evaluate every rule, store what has changed, and then tell of it. @returns when all of it was tried to be sent */
  async tick(): Promise<void> {
    const now = this.parts.now();
    if (this.parts.isShared) await this.#takeEdits().catch(() => {}); // Of a store that is away others tell.
    await this.#readSeasons(now);
    const changes = this.#evaluator?.evaluate(now) ?? [];
    for (const [key, state] of changes) this.#keepState(key, state, now);
    this.#forgetRetired(now);
    const suppressor = this.#suppressor(now);
    this.#plan(now, suppressor);
    await this.#writeLog();
    // Nothing is told that would be told again after a loss of power.
    if (!await this.#kept.flush()) return;
    await Promise.all([this.#post.deliver(), this.#feed(now, suppressor)]);
    await this.#kept.flush();
  }

  /** Alerts of some units, or of all, those that matter most and fired last first. */
  alerts(units: readonly UnitKey[] | null): AlertInfo[] {
    const suppressor = this.#suppressor(this.parts.now());
    const seen = [...this.#maps.state].filter(([, state]) => isSeen(state.units, units));
    return seen.map(([key, state]) => ({
      ...state,
      key,
      suppressed: suppressor.why(state),
      acknowledged: this.#acknowledgement(key, state),
    })).sort((a, b) =>
      SEVERITIES.indexOf(b.severity) - SEVERITIES.indexOf(a.severity) || Number(b.firedAt) - Number(a.firedAt)
    );
  }

  /** The numbers of tasks that an alert is pending or firing about. */
  *troubledTasks(): Generator<number> {
    for (const { phase, subject } of this.#maps.state.values()) {
      if (phase !== "resolved" && subject.startsWith("t")) yield Number(subject.slice(1));
    }
  }

  /** Note that somebody knows of an alert. @returns whether there is such a one that fires */
  async acknowledge(key: string, by: string, note: string): Promise<boolean> {
    const state = this.#maps.state.get(key);
    if (state?.phase !== "firing") return false;
    const at = this.parts.now();
    const acknowledgement = { transition: state.transition, by, at, note };
    this.#maps.ack.set(key, acknowledgement);
    this.#kept.put(`ack/${key}`, acknowledgement);
    await this.#kept.flush();
    await this.#edited.audit(by, `acknowledged ${key}`, { note }, state.units[0] ?? null);
    return true;
  }

  /** Try a notice again that nobody has taken. @returns whether there is such a one */
  async revive(id: string): Promise<boolean> {
    const isThere = this.#post.revive(id);
    if (isThere && !this.#isLeading) await this.#kept.flush();
    return isThere;
  }

  /** The rules, those of the configuration first, each with what stands in its way. */
  rules(): { readonly rule: WrittenRule; readonly isFixed: boolean; readonly note: string | null }[] {
    return this.#rules.written().map(({ rule, isFixed }) => ({
      rule,
      isFixed,
      note: this.#rules.noteOn(rule.alert, this.#evaluator?.seasons ?? NO_SEASONS),
    }));
  }

  /** Add a rule, or put it in the place of one of its name. @throws ProctorError where that cannot be */
  async saveRule(rule: WrittenRule, by: string): Promise<void> {
    this.#refuseFixed(this.parts.rules.map(({ alert }) => alert), rule.alert, "rule");
    this.#rules.refuseTooLarge(rule);
    await this.#edited.edit("rules", rule.alert, rule, by);
    this.#rebuild();
  }

  /** Take a rule away; its alerts end. @returns whether there was one */
  async removeRule(name: string, by: string): Promise<boolean> {
    this.#refuseFixed(this.parts.rules.map(({ alert }) => alert), name, "rule");
    if (!this.#edited.maps.rules.has(name)) return false;
    await this.#edited.edit("rules", name, null, by);
    this.#rebuild();
    return true;
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

  /** The destinations, those of the configuration first. */
  notifiers(): { readonly notifier: WrittenNotifier; readonly isFixed: boolean }[] {
    return [
      ...this.parts.notifiers.map((notifier) => ({ notifier, isFixed: true })),
      ...[...this.#edited.maps.notifiers.values()].map((notifier) => ({ notifier, isFixed: false })),
    ];
  }

  /**
   * Add a destination, or put it in the place of one of its name.
   * @throws ProctorError for what only the configuration may say: that a program is run, or a private network reached
   */
  async saveNotifier(notifier: WrittenNotifier, by: string): Promise<void> {
    this.#refuseFixed(this.parts.notifiers.map(({ name }) => name), notifier.name, "destination");
    if (notifier.command) throw usageError("command: a program is named by the manager's file only");
    if (notifier.private) {
      throw usageError("private: a private network is allowed by the manager's file only");
    }
    await this.#edited.edit("notifiers", notifier.name, notifier, by);
    this.#rebuild();
  }

  async removeNotifier(name: string, by: string): Promise<boolean> {
    this.#refuseFixed(this.parts.notifiers.map((one) => one.name), name, "destination");
    if (!this.#edited.maps.notifiers.has(name)) return false;
    await this.#edited.edit("notifiers", name, null, by);
    this.#rebuild();
    return true;
  }

  silences(): readonly Silence[] {
    return [...this.#edited.maps.silences.values()];
  }

  async addSilence(silence: Omit<Silence, "id">): Promise<Silence> {
    const kept = { ...silence, id: randomHex(8) };
    await this.#edited.edit("silences", kept.id, kept, silence.who);
    return kept;
  }

  /** End a silence now. @returns whether there is such a one */
  async endSilence(id: string, by: string): Promise<boolean> {
    const silence = this.#edited.maps.silences.get(id);
    if (!silence) return false;
    await this.#edited.edit("silences", id, null, by);
    return true;
  }

  maintenance(): readonly Maintenance[] {
    return [...this.#edited.maps.maintenance.values()];
  }

  async addMaintenance(window: Omit<Maintenance, "id">): Promise<Maintenance> {
    const kept = { ...window, id: randomHex(8) };
    await this.#edited.edit("maintenance", kept.id, kept, window.who);
    return kept;
  }

  async removeMaintenance(id: string, by: string): Promise<boolean> {
    if (!this.#edited.maps.maintenance.has(id)) return false;
    await this.#edited.edit("maintenance", id, null, by);
    return true;
  }

  #load(key: string, value: unknown): void {
    const at = key.indexOf("/");
    const [part, rest] = [key.slice(0, at), key.slice(at + 1)];
    if (part === "out") this.#post.waiting.set(rest, value as Letter);
    else if (part === "dead") this.#post.dead.set(rest, value as Letter);
    else if (Object.hasOwn(this.#maps, part)) this.#maps[part as keyof KeptMaps].set(rest, value as never);
  }

  /** What changes are written by, and notices are sent by. */
  #equip(store: Store): void {
    const { parts: { now, say, linkTo }, post } = this;
    this.#aborted = new AbortController();
    this.#store = store;
    const kept = this.#kept = new KeptDocuments(store, "alerts", say);
    this.#feeds = new AlertmanagerFeeds(linkTo ?? NO_LINK, say, this.#aborted.signal);
    this.#post = new Post(() => this.#notifiers, now, {
      waiting: (id, letter) => kept.put(`out/${id}`, letter),
      dead: (id, letter) => kept.put(`dead/${id}`, letter),
      say,
    });
    // Until they are read again: whoever asks meanwhile is told of these.
    for (const which of ["waiting", "dead"] as const) {
      for (const [id, letter] of post?.[which] ?? []) this.#post[which].set(id, letter);
    }
  }

  /** Take all as it is stored, in place of what we knew. */
  async #reload(): Promise<void> {
    const stored = await this.parts.store.documents("alerts");
    await this.#edited.load();
    for (const map of [...Object.values(this.#maps), this.#post.waiting, this.#post.dead]) map.clear();
    for (const [key, value] of stored) this.#load(key, value);
    this.#rebuild();
  }

  /** What has been changed at other managers: rules and destinations, acknowledgements, notices to be tried again. */
  async #takeEdits(): Promise<void> {
    if (await this.#edited.load()) this.#rebuild();
    // What we have not written yet is newer than what is there.
    if (!await this.#kept.flush()) return;
    const { changes } = this.#kept;
    const stored = await this.parts.store.documents("alerts");
    if (this.#kept.changes !== changes) return;
    const { waiting, dead } = this.#post;
    for (const id of [...dead.keys()]) if (!stored.has(`dead/${id}`)) dead.delete(id);
    for (const [key, value] of stored) {
      const id = key.slice(key.indexOf("/") + 1);
      if (key.startsWith("ack/")) this.#maps.ack.set(id, value as Acknowledgement);
      else if (key.startsWith("out/") && !waiting.has(id)) waiting.set(id, value as Letter);
    }
  }

  /** Take rules and destinations as they are now. */
  #rebuild(): void {
    const now = this.parts.now();
    this.#rules.rebuild(now);
    this.#notifiers = new Map(this.notifiers().map(({ notifier }) => [notifier.name, toNotifier(notifier)]));
    this.#feeds.setNotifiers(this.#notifiers.values());
    if (!this.#isLeading) return;
    for (const [key, state] of this.#maps.state) {
      if (this.#rules.named.get(state.rule)?.isEnabled) continue;
      const ended: AlertState | null = state.phase === "firing"
        ? { ...state, phase: "resolved", resolvedAt: now, transition: state.transition + 1 }
        : state.phase === "pending"
        ? null
        : state;
      if (ended !== state) this.#keepState(key, ended, now);
    }
    this.#evaluator?.close();
    this.#evaluator = new Evaluator(
      this.parts.view,
      [...this.#rules.named.values()],
      this.#maps.state.values(),
      now,
    );
    this.#seasonsOf = NaN;
  }

  #keepState(key: string, state: AlertState | null, now: number): void {
    const before = this.#maps.state.get(key);
    if (state === null) {
      this.#maps.state.delete(key);
      for (const part of ["told", "ack"] as const) {
        if (this.#maps[part].delete(key)) this.#kept.put(`${part}/${key}`, null);
      }
    } else this.#maps.state.set(key, state);
    this.#kept.put(`state/${key}`, state);
    if (!state || state.transition === (before?.transition ?? 0)) return;
    const text = `${state.phase} ${state.severity} ${state.rule}: ${state.summary}`;
    const detail = { key, transition: state.transition, value: state.value, labels: state.labels };
    this.#unlogged.push({ at: now, unit: state.units.length === 1 ? state.units[0] : null, text, detail });
  }

  /** Write down what has changed, all of it at once: each write waits for the disk. */
  async #writeLog(): Promise<void> {
    const entries = this.#unlogged.splice(0);
    if (entries.length === 0) return;
    await this.#store.log("alerts", entries).catch((error: Error) =>
      this.parts.say(`the log of alerts cannot be written: ${error.message}`)
    );
  }

  #forgetRetired(now: number): void {
    this.#rules.forgetRetired(now);
    for (const [key, state] of this.#maps.state) {
      if (!this.#rules.named.get(state.rule)?.isEnabled && !this.#rules.isRetired(state.rule)) {
        this.#keepState(key, null, now);
      }
    }
  }

  #suppressor(now: number): Suppressor {
    const inhibitedBy = new Map([...this.#rules.named.values()].map((rule) => [rule.name, rule.inhibitedBy]));
    const { silences, maintenance } = this.#edited.maps;
    return new Suppressor(
      silences.values(),
      maintenance.values(),
      this.#maps.state.values(),
      inhibitedBy,
      now,
    );
  }

  #acknowledgement(key: string, { transition, phase }: AlertState): Acknowledgement | null {
    const one = this.#maps.ack.get(key);
    return one && phase === "firing" && one.transition === transition ? one : null;
  }

  #plan(now: number, suppressor: Suppressor): void {
    const { told, group: groups, state } = this.#maps;
    const { notices, changedTold, changedGroups } = planNotices({
      now,
      states: state.values(),
      rules: this.#rules.withRetired(),
      told,
      groups,
      sent: this.#sent,
      isSuppressed: (one) => suppressor.why(one) !== null,
      isAcknowledged: (one) => this.#acknowledgement(alertKey(one), one) !== null,
    }, [...this.#notifiers.values()].filter(({ alertmanager }) => alertmanager === null));
    for (const { notifier, states, isRepeated } of notices) {
      const notice = toNotice(states, this.parts.linkTo ?? NO_LINK, isRepeated);
      this.#post.add({
        id: randomHex(8),
        notifier,
        notice,
        createdAt: now,
        attempts: 0,
        nextAt: now,
        fault: null,
      });
    }
    for (const key of changedTold) this.#kept.put(`told/${key}`, told.get(key) ?? null);
    for (const key of changedGroups) this.#kept.put(`group/${key}`, groups.get(key) ?? null);
  }

  #feed(now: number, suppressor: Suppressor): Promise<void> {
    return this.#feeds.send(
      this.#maps.state,
      (state, name) =>
        this.#rules.named.get(state.rule)?.notify?.includes(name) !== false && suppressor.why(state) === null,
      now,
    );
  }

  /** Once an hour: what is usual at this hour of the week. */
  async #readSeasons(now: number): Promise<void> {
    const hour = Math.floor(now / HOUR_MS);
    const figures = this.#evaluator?.seasonalFigures;
    if (hour === this.#seasonsOf || !figures || figures.size === 0) return;
    this.#seasonsOf = hour;
    for (const figure of figures) {
      try {
        const { store, view } = this.parts;
        const seasons = await readAllSeasons(store, view.units.keys(), figure, now);
        this.#evaluator?.seasons.set(figure, seasons);
      } catch (error) {
        this.parts.say(`alerts: what is usual of ${figure} cannot be read: ${(error as Error).message}`);
      }
    }
  }

  #refuseFixed(names: readonly string[], name: string, what: string): void {
    if (names.includes(name)) {
      throw usageError(`the ${what} "${name}" is of the manager's file; change it there`);
    }
  }
}

/** Whether what is of these units may be seen by who sees those. */
function isSeen(units: readonly UnitKey[], seen: readonly UnitKey[] | null): boolean {
  return seen === null || (units.length > 0 && units.every((unit) => seen.includes(unit)));
}
