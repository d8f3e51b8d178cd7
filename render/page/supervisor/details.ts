import type { Description } from "./server.ts";

/** What else is known of a process, by name; what is not known or not there is left out. */
export function detailRows(description: Description): [name: string, text: string][] {
  const { depends_on, dependents, mechanism, started_at, next_start_at, last_exit, breaker, log_files } =
    description;
  const rows: [string, string | null][] = [
    ["Started", timeWords(started_at)],
    ["Tried again", timeWords(next_start_at)],
    ["Last exit", last_exit && `${exitWords(last_exit)}, ${timeWords(last_exit.at)}`],
    ["Depends on", depends_on.join(", ")],
    ["Depended on by", dependents.join(", ")],
    [
      "Failures",
      breaker && `${breaker.failures} of ${breaker.max_failures}; the breaker is ${breaker.state}`,
    ],
    ["Held by", mechanism],
    ["Log files", log_files.join("\n")],
  ];
  return rows.filter((row): row is [string, string] => row[1] !== null && row[1] !== "");
}

function exitWords({ outcome, exit_code, signal }: NonNullable<Description["last_exit"]>): string {
  if (outcome === "oom_killed") return "killed: out of memory";
  if (exit_code !== null) return `exit code ${exit_code}`;
  return signal === null ? "it is not known how" : `by ${signal}`;
}

function timeWords(timestamp: string | null): string | null {
  return timestamp === null ? null : new Date(timestamp).toLocaleString("sv");
}
