import type { LogEntry } from "../entry.ts";

/** How much a line matters, from 0 (RFC 5424, 6.2.1). */
export const SEVERITIES = ["emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"] as const;

/** What a message is about, from 0 (RFC 5424, 6.2.1), by the names that syslog(3) and its configurations use. */
export const FACILITIES = [
  "kern",
  "user",
  "mail",
  "daemon",
  "auth",
  "syslog",
  "lpr",
  "news",
  "uucp",
  "cron",
  "authpriv",
  "ftp",
  "ntp",
  "audit",
  "alert",
  "clock",
  "local0",
  "local1",
  "local2",
  "local3",
  "local4",
  "local5",
  "local6",
  "local7",
] as const;

/** One of {@link SEVERITIES}. */
export type Severity = (typeof SEVERITIES)[number];
/** One of {@link FACILITIES}. */
export type Facility = (typeof FACILITIES)[number];

/** The severity of a line: as it is configured, or by its stream; what proctor says itself is a warning. */
export function severityOf({ stream, isNotice }: LogEntry, configured: Severity | null): number {
  return SEVERITIES.indexOf(isNotice ? "warning" : configured ?? (stream === "stderr" ? "err" : "info"));
}
