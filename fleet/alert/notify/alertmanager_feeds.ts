import type { AlertState } from "../evaluate/alert_state.ts";
import { SEVERITIES } from "../rules/rule.ts";
import type { LinkTo } from "./alert_notice.ts";
import { AlertmanagerFeed } from "./alertmanager.ts";
import type { Notifier } from "./notifier_schema.ts";

/** The Alertmanagers that are kept told of alerts. */
export class AlertmanagerFeeds {
  readonly #feeds = new Map<string, AlertmanagerFeed>();
  readonly #failing = new Set<string>();
  readonly #busy = new Set<string>();

  /** @param say a line for people, where one is not reached and when it is again */
  constructor(
    readonly linkTo: LinkTo,
    readonly say: (line: string) => void,
    readonly signal: AbortSignal,
  ) {}

  /** Take destinations as they are now; those that are no Alertmanager are passed over. */
  setNotifiers(notifiers: Iterable<Notifier>): void {
    this.#feeds.clear();
    for (const notifier of notifiers) {
      if (notifier.alertmanager) this.#feeds.set(notifier.name, new AlertmanagerFeed(notifier, this.linkTo));
    }
  }

  /** Tell each what it has to know by now, as far as it may be told. */
  async send(
    alerts: ReadonlyMap<string, AlertState>,
    isTold: (state: AlertState, notifier: string) => boolean,
    now: number,
  ): Promise<void> {
    for (const [name, feed] of this.#feeds) {
      const least = SEVERITIES.indexOf(feed.notifier.severity);
      const states = [...alerts.values()].filter((state) =>
        AlertmanagerFeed.wanted(state, now) && SEVERITIES.indexOf(state.severity) >= least &&
        isTold(state, name)
      );
      if (this.#busy.has(name) || !feed.isDue(states, now)) continue;
      this.#busy.add(name);
      const failure = await feed.send(states, now, this.signal).finally(() => this.#busy.delete(name));
      if (this.signal.aborted) return;
      if (failure && !this.#failing.has(name)) {
        this.say(`alerts to ${name}: ${failure.fault}; it is tried again`);
        this.#failing.add(name);
      } else if (!failure && this.#failing.delete(name)) {
        this.say(`alerts to ${name}: it is reached again`);
      }
    }
  }
}
