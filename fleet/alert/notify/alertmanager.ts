import { toSendFailure } from "../../../exporters/notices/send.ts";
import type { SendFailure } from "../../../exporters/notices/send_failure.ts";
import { httpPost } from "../../../io/net/http_exchange.ts";
import type { AlertState } from "../evaluate/alert_state.ts";
import type { LinkTo } from "./alert_notice.ts";
import type { Notifier } from "./notifier_schema.ts";

/** Alerts of one request. */
const MOST_AT_ONCE = 500;
/** An alert ends by itself when it was not heard of for so many times: one request may be lost, and another. */
const ENDS_AFTER = 4;
/** Ends are told again for so long. */
const RESOLVED_MS = 15 * 60_000;

/** An alert as Alertmanager's API has it (its openapi.yaml, postableAlert). */
interface PostableAlert {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly startsAt: string;
  readonly endsAt: string;
  readonly generatorURL?: string;
}

/** An alert for Alertmanager; `endsAt` lies ahead as long as it fires. */
export function toPostable(state: AlertState, now: number, resendMs: number, linkTo: LinkTo): PostableAlert {
  const { rule, severity, labels, summary, firedAt, resolvedAt, phase, subject } = state;
  const known = Object.entries(labels).map(([name, value]) => [labelName(name), value] as const);
  const link = linkTo(state);
  const ends = phase === "firing" ? now + ENDS_AFTER * resendMs : resolvedAt!;
  return {
    labels: { ...Object.fromEntries(known), alertname: rule, severity, subject },
    annotations: { summary },
    startsAt: new Date(firedAt!).toISOString(),
    endsAt: new Date(ends).toISOString(),
    ...(link !== null && { generatorURL: link }),
  };
}

/** What Alertmanager takes for the name of a label: letters, digits and `_`. */
function labelName(name: string): string {
  const plain = name.replace(/\W/g, "_");
  return /^\d/.test(plain) ? `_${plain}` : plain;
}

/** Keeps an Alertmanager told of what fires: it believes in an alert only as long as it is told of it. */
export class AlertmanagerFeed {
  #sentAt = -Infinity;
  #known = "";

  constructor(readonly notifier: Notifier, readonly linkTo: LinkTo) {}

  /** Whether it is time, or something has changed. @param states those that it may be told of */
  isDue(states: readonly AlertState[], now: number): boolean {
    return now - this.#sentAt >= this.notifier.resendMs || this.#known !== summaryOf(states);
  }

  /** Which alerts it is told of: what fires, and what has ended lately. */
  static wanted(state: AlertState, now: number): boolean {
    return state.phase === "firing" || (state.phase === "resolved" && now - state.resolvedAt! < RESOLVED_MS);
  }

  async send(states: readonly AlertState[], now: number, signal: AbortSignal): Promise<SendFailure | null> {
    const { alertmanager, resendMs, timeoutMs, isPublicOnly, target } = this.notifier;
    const url = `${alertmanager!.replace(/\/+$/, "")}/api/v2/alerts`;
    const headers = { "content-type": "application/json", ...target.headers };
    for (let at = 0; at < states.length; at += MOST_AT_ONCE) {
      const part = states.slice(at, at + MOST_AT_ONCE).map((state) =>
        toPostable(state, now, resendMs, this.linkTo)
      );
      const answer = await httpPost(url, JSON.stringify(part), { headers, timeoutMs, signal, isPublicOnly });
      const failure = toSendFailure(answer);
      if (failure) return failure;
    }
    this.#sentAt = now;
    this.#known = summaryOf(states);
    return null;
  }
}

function summaryOf(states: readonly AlertState[]): string {
  return states.map(({ rule, subject, transition }) => `${rule}/${subject}#${transition}`).join(" ");
}
