import { printable } from "../../core/printable.ts";
import { appTable } from "../../render/text/app_table.ts";
import { humanBytes, humanPercent } from "../../render/words/units.ts";
import type { ProcessDescription, SupervisorEvent } from "../../supervisor/control.ts";
import { shortTime } from "./ctl_status.ts";

/** All there is to say about a process, as lines for a person. */
export function describedProcess(description: ProcessDescription): string[] {
  const { status, breaker, last_exit: exit, mechanism, mechanism_reason: reason } = description;
  const facts: [string, string | null][] = [
    ["id", status.id],
    ["type", status.type],
    ["state", status.reason === null ? status.state : `${status.state}: ${status.reason}`],
    ["degraded", status.degraded],
    ["pid", text(status.pid)],
    [
      "started",
      description.started_at && `${description.started_at} (${shortTime(status.uptime_seconds)} ago)`,
    ],
    ["next start", description.next_start_at],
    ["restarts", text(status.restarts)],
    ["last exit", exit && `${exit.at}: ${wayOut(exit)}`],
    ["health", status.health],
    ["cpu", status.cpu_percent === null ? null : humanPercent(status.cpu_percent)],
    ["memory", status.memory_bytes === null ? null : humanBytes(status.memory_bytes)],
    ["processes", text(status.process_count)],
    ["network", traffic(status.network_rx_bytes, status.network_tx_bytes)],
    ["loopback", traffic(status.network_loopback_rx_bytes, status.network_loopback_tx_bytes)],
    ["held by", mechanism && (reason === null ? mechanism : `${mechanism} (${reason})`)],
    [
      "breaker",
      breaker &&
      `${breaker.state.replace("_", " ")}, ${breaker.failures} of ${breaker.max_failures} failures${
        breaker.open_until === null ? "" : `, until ${breaker.open_until}`
      }`,
    ],
    ...rollbackFacts(description.rollback),
    ["depends on", description.depends_on.join(", ") || null],
    ["restarts with", description.restart_with.join(", ") || null],
    ["needed by", description.dependents.join(", ") || null],
    ["pid file", description.pid_file],
    ...description.log_files.map((path): [string, string] => ["log", path]),
  ];
  const known = facts.filter((fact): fact is [string, string] => fact[1] !== null);
  const width = Math.max(...known.map(([name]) => name.length));
  return [
    ...known.map(([name, value]) => `${name.padEnd(width)}  ${printable(value)}`),
    ...(description.app ? appTable(description.app, false, "--json").trimEnd().split("\n") : []),
    "",
    "definition",
    ...JSON.stringify(description.definition, null, 2).split("\n").map((line) => `  ${printable(line)}`),
    ...(description.events.length === 0 ? [] : [
      "",
      "latest events",
      ...description.events.slice(-10).map((event) => `  ${eventLine(event, false)}`),
    ]),
  ];
}

function rollbackFacts(rollback: ProcessDescription["rollback"]): [string, string | null][] {
  if (!rollback) return [];
  const { back_to, rolled_back_at, is_left } = rollback;
  return [
    ["rolled back", rolled_back_at && `at ${rolled_back_at}; the configuration file has another definition`],
    ["left", is_left ? "with its old definition, since a reload stopped at another instance" : null],
    ["rollback", back_to && `goes back to the definition that was healthy at ${back_to}`],
  ];
}

function traffic(rxBytes: number | null, txBytes: number | null): string | null {
  return rxBytes === null || txBytes === null
    ? null
    : `${humanBytes(rxBytes)} received, ${humanBytes(txBytes)} sent`;
}

/** An event in one line. */
export function eventLine(event: SupervisorEvent, withId = true): string {
  const { timestamp, kind, id, from, to, pid, reason } = event;
  const what = kind === "transition" && to !== null
    ? `${from ?? "new"} → ${to}${pid === null ? "" : ` (pid ${pid})`}`
    : kind.replaceAll("_", " ");
  const whose = withId ? `${printable(id ?? "supervisor")}: ` : "";
  return `${timestamp} ${whose}${what}${reason === null ? "" : `: ${printable(reason)}`}`;
}

function wayOut({ outcome, exit_code, signal }: NonNullable<ProcessDescription["last_exit"]>): string {
  if (outcome === "exited") return `exited with code ${exit_code}`;
  if (outcome === "signaled") return `ended by ${signal}`;
  return outcome === "oom_killed" ? "killed for want of memory" : "nobody knows how";
}

function text(value: number | null): string | null {
  return value === null ? null : String(value);
}
