import { printable } from "../printable.ts";

/*
 * What a service tells whoever has started it: sd_notify(3). A datagram has lines NAME=value.
 */

/** No more is looked at: a pipe takes no more at once, either (PIPE_BUF), and systemd's own limit is the same. */
const LONGEST_NOTIFY_BYTES = 4_096;
/** Of STATUS: what fits on a line of a screen, about. */
const LONGEST_STATUS = 200;

/** What one message says; what is left out is not said. */
export interface NotifyMessage {
  /** It can do its work, or has read its configuration again. */
  readonly isReady?: boolean;
  readonly isReloading?: boolean;
  readonly isStopping?: boolean;
  /** It lives: `WATCHDOG=1`; or wants to be taken for one that does not: `trigger`. */
  readonly watchdog?: "alive" | "trigger";
  /** What it does, in its own words, fit for a terminal; null: it takes back what it has said. */
  readonly status?: string | null;
}

/** What a datagram says. Names that are not known, and values that make no sense, say nothing. */
export function parseNotify(bytes: Uint8Array): NotifyMessage {
  const text = new TextDecoder().decode(bytes.subarray(0, LONGEST_NOTIFY_BYTES));
  let message: NotifyMessage = {};
  for (const line of text.split("\n")) {
    const equals = line.indexOf("=");
    message = { ...message, ...said(line.slice(0, Math.max(0, equals)), line.slice(equals + 1)) };
  }
  return message;
}

function said(name: string, value: string): NotifyMessage {
  if (name === "STATUS") return { status: value === "" ? null : shortened(value) };
  if (name === "WATCHDOG" && value === "trigger") return { watchdog: "trigger" };
  if (value !== "1") return {};
  if (name === "READY") return { isReady: true };
  if (name === "RELOADING") return { isReloading: true };
  if (name === "STOPPING") return { isStopping: true };
  return name === "WATCHDOG" ? { watchdog: "alive" } : {};
}

function shortened(text: string): string {
  const characters = [...text];
  const isLong = characters.length > LONGEST_STATUS;
  return printable(isLong ? `${characters.slice(0, LONGEST_STATUS - 1).join("")}…` : text);
}
