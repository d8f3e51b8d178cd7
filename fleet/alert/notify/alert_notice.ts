import { printable } from "../../../core/printable.ts";
import type { Notice } from "../../../exporters/notices/notice.ts";
import { alertKey } from "../evaluate/round.ts";
import type { AlertState } from "../evaluate/alert_state.ts";
import { SEVERITIES } from "../rules/rule.ts";

/** Alerts that a notice tells one by one. */
const MOST_TOLD = 50;
const LONGEST_LINE = 300;
const LEVEL_OF = { info: "info", warning: "warn", critical: "error" } as const;

/** Where people see an alert; null where no page is known. */
export type LinkTo = (state: AlertState) => string | null;

/** Alerts in words for people, and as JSON for programs. */
export function toNotice(states: readonly AlertState[], linkTo: LinkTo, isRepeated: boolean): Notice {
  const sorted = states.toSorted((a, b) => rankOf(b) - rankOf(a) || Number(a.firedAt) - Number(b.firedAt));
  const told = sorted.slice(0, MOST_TOLD);
  const [worst] = sorted;
  const firing = states.filter(({ phase }) => phase === "firing").length;
  const left = states.length - told.length;
  const inWords = states.length === 1
    ? lineOf(worst)
    : `${countWords(firing, states.length - firing)}, such as ${lineOf(worst)}`;
  return {
    title: `${isRepeated ? "still " : ""}${inWords}`.slice(0, LONGEST_LINE),
    lines: [
      ...told.map((state) => {
        const link = linkTo(state);
        return link === null ? lineOf(state) : `${lineOf(state)} ${link}`;
      }),
      ...(left > 0 ? [`${left} more`] : []),
    ],
    level: firing === 0 ? "info" : LEVEL_OF[worst.severity],
    json: {
      status: firing === 0 ? "resolved" : "firing",
      is_repeated: isRepeated,
      firing,
      resolved: states.length - firing,
      left_out: left,
      alerts: told.map((state) => ({
        key: `${alertKey(state)}#${state.transition}`,
        status: state.phase,
        rule: state.rule,
        severity: state.severity,
        labels: state.labels,
        summary: state.summary,
        value: state.value,
        fired_at: timeOf(state.firedAt),
        resolved_at: state.phase === "resolved" ? timeOf(state.resolvedAt) : null,
        link: linkTo(state),
      })),
    },
  };
}

function timeOf(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}

/** What fires goes before what has ended. */
function rankOf({ phase, severity }: AlertState): number {
  return SEVERITIES.indexOf(severity) + (phase === "firing" ? SEVERITIES.length : 0);
}

function lineOf({ phase, severity, rule, summary }: AlertState): string {
  const begins = phase === "firing" ? `${severity} ${rule}` : `resolved ${rule}`;
  return printable(`${begins}: ${summary}`).slice(0, LONGEST_LINE);
}

function countWords(firing: number, resolved: number): string {
  const parts = [firing > 0 ? `${firing} firing` : "", resolved > 0 ? `${resolved} resolved` : ""];
  return parts.filter((part) => part !== "").join(", ");
}
