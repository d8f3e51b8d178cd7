import { eventSentence, eventWords } from "../../core/schema/event_words.ts";
import { printable } from "../../core/printable.ts";
import { appTable } from "../../render/text/app_table.ts";
import { shortCommand } from "../../render/words/short_command.ts";
import { counted, humanBytes, humanPercent, shortTime } from "../../render/words/units.ts";
import type { ProcessDescription, ProcessStatus, SupervisorEvent } from "../../supervisor/control.ts";
import { fit } from "./ctl_status.ts";

/** A screen of old, less the line that the shell wants for itself. */
const ROWS = 23;
const MOST_EVENTS = 5;
/** What is told in any case below the facts: an event with its title, the last line, and two empty ones. */
const ROWS_BELOW = 5;

/**
 * What a process is and does, as lines for a person: one screen, of which events get what room is left.
 * @param columns what no line is wider than; null where nobody looks at it
 */
export function describedProcess(description: ProcessDescription, columns: number | null): string[] {
  const known = factsOf(description);
  const width = Math.max(...known.map(([name]) => name.length));
  const lines = [
    ...known.map(([name, value]) => `${name.padEnd(width)}  ${printable(value)}`),
    ...appLines(description, ROWS - ROWS_BELOW - known.length),
  ];
  const left = ROWS - lines.length - ROWS_BELOW + 1;
  const room = Math.max(1, Math.min(MOST_EVENTS, left));
  const latest = description.events.slice(-room);
  const all = [
    ...lines,
    ...(latest.length === 0 ? [] : [
      ...(left < 1 ? [] : [""]),
      "latest events",
      ...latest.map((event) => `  ${eventLine(event, false)}`),
    ]),
    "",
    "its whole definition, and all else there is to say, is in --json",
  ];
  return columns === null ? all : all.map((line) => fit(line, columns));
}

/** The facts of a process that are known: what each is called, and the fact. */
export function factsOf(description: ProcessDescription): (readonly [name: string, fact: string])[] {
  const { status, breaker, last_exit: exit, mechanism, mechanism_reason: reason } = description;
  const facts: [string, string | null][] = [
    ["id", status.id],
    ["type", status.type === "standard_managed" ? null : status.type.replace("_", " ")],
    ["state", status.reason === null ? status.state : `${status.state}: ${status.reason}`],
    ["says", status.status_text],
    ["degraded", status.degraded],
    ["health", status.health],
    ["pid", text(status.pid)],
    [
      "started",
      description.started_at && `${description.started_at} (${shortTime(status.uptime_seconds)} ago)`,
    ],
    ["next start", description.next_start_at],
    ["restarts", text(status.restarts)],
    ["last exit", exit && `${exit.at}: ${wayOut(exit)}`],
    [
      "breaker",
      breaker &&
      `${breaker.state.replace("_", " ")}, ${breaker.failures} of ${breaker.max_failures} failures${
        breaker.open_until === null ? "" : `, until ${breaker.open_until}`
      }`,
    ],
    ["uses", usesOf(status)],
    ["network", traffic(status.network_rx_bytes, status.network_tx_bytes)],
    ["loopback", traffic(status.network_loopback_rx_bytes, status.network_loopback_tx_bytes)],
    ["held by", mechanism && (reason === null ? mechanism : `${mechanism} (${reason})`)],
    ...rollbackFacts(description.rollback),
    ["depends on", description.depends_on.join(", ") || null],
    ["restarts with", description.restart_with.join(", ") || null],
    ["needed by", description.dependents.join(", ") || null],
    ["command", commandOf(description.definition)],
    ["pid file", description.pid_file],
    ["log", logsOf(description)],
  ];
  return facts.filter((fact): fact is [string, string] => fact[1] !== null);
}

function usesOf(status: ProcessStatus): string | null {
  const { cpu_percent: cpu, memory_bytes: memory, process_count: count } = status;
  const parts = [
    ...(cpu === null ? [] : [`CPU ${humanPercent(cpu)}`]),
    ...(memory === null ? [] : [`memory ${humanBytes(memory)}`]),
    ...(count === null ? [] : [counted(count, "process", "processes")]),
  ];
  return parts.length === 0 ? null : parts.join(", ");
}

/** What it runs. */
function commandOf(definition: ProcessDescription["definition"]): string | null {
  const { executable, arguments: words } = controlOf(definition);
  if (typeof executable !== "string") return null;
  return shortCommand([executable, ...(Array.isArray(words) ? words : [])].join(" "));
}

function controlOf({ management }: ProcessDescription["definition"]): Record<string, unknown> {
  return (management as { control?: Record<string, unknown> } | undefined)?.control ?? {};
}

function logsOf({ log_files: [first, ...others] }: ProcessDescription): string | null {
  return first === undefined ? null : `${first}${others.length > 0 ? `, and ${others.length} more` : ""}`;
}

/** What it tells of itself: a title, a head, and as many lines as there is room for. */
function appLines({ app }: ProcessDescription, rows: number): string[] {
  if (!app) return [];
  const shown = Math.max(1, rows - 3);
  const [title, ...lines] = appTable({ ...app, metrics: app.metrics.slice(0, shown) }, false).trim().split(
    "\n",
  );
  const others = app.metrics.length - shown;
  return [`  ${title}`, ...lines, ...(others > 0 ? [`  and ${others} more`] : [])];
}

function rollbackFacts(rollback: ProcessDescription["rollback"]): [string, string | null][] {
  if (!rollback) return [];
  const { back_to, rolled_back_at, is_left, is_waiting, is_unknown } = rollback;
  const isKept = (is_left || is_waiting) && !is_unknown;
  return [
    ["rolled back", rolled_back_at && `at ${rolled_back_at}; the configuration file has another definition`],
    [
      "left",
      is_left ? "with its old definition, since another instance is not ready with the new one" : null,
    ],
    ["waiting", is_waiting ? "with its old definition, for its turn to get the new one" : null],
    ["unknown", is_unknown ? "its old definition; the command below is the configuration file's" : null],
    [
      "rollback",
      back_to
        ? `goes back to the definition that was healthy at ${back_to}`
        : isKept
        ? "keeps the old definition"
        : null,
    ],
  ];
}

function traffic(rxBytes: number | null, txBytes: number | null): string | null {
  return rxBytes === null || txBytes === null
    ? null
    : `${humanBytes(rxBytes)} received, ${humanBytes(txBytes)} sent`;
}

/** An event in one line. @param withId whether it is told whose it is */
export function eventLine(event: SupervisorEvent, withId = true): string {
  return `${event.timestamp} ${printable(withId ? eventSentence(event) : eventWords(event))}`;
}

function wayOut({ outcome, exit_code, signal }: NonNullable<ProcessDescription["last_exit"]>): string {
  if (outcome === "exited") return `exited with code ${exit_code}`;
  if (outcome === "signaled") return `ended by ${signal}`;
  return outcome === "oom_killed" ? "killed: out of memory" : "cause unknown";
}

function text(value: number | null): string | null {
  return value === null ? null : String(value);
}
