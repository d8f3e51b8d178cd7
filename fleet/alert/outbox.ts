import { randomHex } from "../../io/random_hex.ts";
import { alertKey } from "./evaluate/round.ts";
import type { KnownAlerts } from "./known_alerts.ts";
import { toNotice } from "./notify/alert_notice.ts";
import type { LinkTo } from "./notify/alert_notice.ts";
import { AlertmanagerFeeds } from "./notify/alertmanager_feeds.ts";
import { toNotifier } from "./notify/notifier_schema.ts";
import type { Notifier, WrittenNotifier } from "./notify/notifier_schema.ts";
import { planNotices } from "./notify/planner.ts";
import { Post } from "./notify/post.ts";
import type { RulesInForce } from "./rules_in_force.ts";
import type { Suppressor } from "./suppress.ts";

const NO_LINK: LinkTo = () => null;

/** What notices are sent with. */
interface OutboxParts {
  readonly now: () => number;
  /** A line for people. */
  readonly say: (line: string) => void;
  readonly linkTo?: LinkTo;
}

/** What is sent of the alerts that are known, and where to. */
export class Outbox {
  #post!: Post;
  #feeds!: AlertmanagerFeeds;
  #aborted!: AbortController;
  #notifiers = new Map<string, Notifier>();
  readonly #sent = new Map<string, number[]>();
  readonly #linkTo: LinkTo;

  constructor(readonly parts: OutboxParts, readonly known: KnownAlerts, readonly rules: RulesInForce) {
    this.#linkTo = parts.linkTo ?? NO_LINK;
  }

  /** Notices that wait, and those that could not be delivered. */
  get post(): Post {
    return this.#post;
  }

  /** Begin again, with what has waited until now. @param put notes a notice to be written, null for its end */
  open(put: (key: string, value: unknown) => void): void {
    const { parts: { now, say } } = this;
    const before: Post | undefined = this.#post;
    this.#aborted = new AbortController();
    this.#feeds = new AlertmanagerFeeds(this.#linkTo, say, this.#aborted.signal);
    this.#post = new Post(() => this.#notifiers, now, {
      waiting: (id, letter) => put(`out/${id}`, letter),
      dead: (id, letter) => put(`dead/${id}`, letter),
      say,
    });
    // Until they are read again: whoever asks meanwhile is shown these.
    for (const which of ["waiting", "dead"] as const) {
      for (const [id, letter] of before?.[which] ?? []) this.#post[which].set(id, letter);
    }
  }

  async close(): Promise<void> {
    this.#aborted.abort();
    await this.#post.close();
  }

  setNotifiers(written: readonly WrittenNotifier[]): void {
    this.#notifiers = new Map(written.map((notifier) => [notifier.name, toNotifier(notifier)]));
    this.#feeds.setNotifiers(this.#notifiers.values());
  }

  /** Add the notices that are due, to be sent once they are stored. */
  plan(now: number, suppressor: Suppressor): void {
    const { known } = this;
    const { told, group: groups, state } = known.maps;
    const { notices, changedTold, changedGroups } = planNotices({
      now,
      states: state.values(),
      rules: this.rules.withRetired(),
      told,
      groups,
      sent: this.#sent,
      isSuppressed: (one) => suppressor.why(one) !== null,
      isAcknowledged: (one) => known.acknowledgement(alertKey(one), one) !== null,
    }, [...this.#notifiers.values()].filter(({ alertmanager }) => alertmanager === null));
    for (const { notifier, states, isRepeated } of notices) {
      const notice = toNotice(states, this.#linkTo, isRepeated);
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
    for (const key of changedTold) known.put(`told/${key}`, told.get(key) ?? null);
    for (const key of changedGroups) known.put(`group/${key}`, groups.get(key) ?? null);
  }

  /** Send what is due. @returns when all of it was tried */
  async deliver(now: number, suppressor: Suppressor): Promise<void> {
    const { named } = this.rules;
    await Promise.all([
      this.#post.deliver(),
      this.#feeds.send(
        this.known.maps.state,
        (state, name) =>
          named.get(state.rule)?.notify?.includes(name) !== false && suppressor.why(state) === null,
        now,
      ),
    ]);
  }
}
