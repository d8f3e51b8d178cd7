import process from "node:process";
import { ProctorError } from "../core/error.ts";
import { printable } from "../core/text.ts";
import type { ProcessStatus, SupervisorEvent } from "../supervisor/control.ts";
import { pathOf, worst } from "./ctl_client.ts";
import type { Client, SocketFlags } from "./ctl_client.ts";
import { printOut, say, sayError } from "./output.ts";

/** The options that every verb of `proctor ctl` has. */
export interface Flags extends SocketFlags {
  json?: boolean;
}

/** `proctor ctl status`: once, or again and again. */
export async function showStatus(
  client: Client,
  flags: Flags & { watch?: number },
  names: string[],
): Promise<number> {
  const read = async () => {
    if (names.length === 0) return await client.ask<ProcessStatus[]>("GET", "/processes");
    return await Promise.all(names.map((name) => client.ask<ProcessStatus>("GET", pathOf(name))));
  };
  if (flags.json && flags.watch === undefined) {
    printJson(await read());
    return 0;
  }
  const { statusTable } = await import("./ctl_status.ts");
  const { Screen } = await import("./screen.ts");
  const isTerminal = process.stdout.isTTY === true && process.env.TERM !== "dumb";
  const colors = isTerminal && !process.env.NO_COLOR;
  const screen = new Screen(flags.watch !== undefined && isTerminal);
  for (;;) {
    const statuses = await read();
    const columns = isTerminal ? process.stdout.columns || 80 : null;
    const shown = flags.json
      ? printOut(`${JSON.stringify(statuses)}\n`)
      : screen.show(statusTable(statuses, { colors, columns }));
    if (flags.watch === undefined || !shown) return 0;
    await new Promise((resolve) => setTimeout(resolve, flags.watch));
  }
}

/** `proctor ctl events`: what has happened, and with `follow` what happens. */
export async function showEvents(
  client: Client,
  flags: Flags & { follow?: boolean; tail?: number },
  [name]: string[],
): Promise<void> {
  if (name !== undefined) await client.ask("GET", pathOf(name));
  const { eventLine } = await import("./ctl_describe.ts");
  const query = new URLSearchParams({ recent: "true", follow: String(flags.follow ?? false) });
  if (name !== undefined) query.set("id", name);
  if (flags.tail !== undefined) query.set("tail", String(flags.tail));
  for await (
    const { event, data } of client.events<SupervisorEvent & { missed?: number }>(`/events?${query}`)
  ) {
    const line = flags.json
      ? JSON.stringify(data)
      : event === "missed"
      ? `(${data.missed} events are left out here)`
      : eventLine(data);
    if (!printOut(`${line}\n`)) return;
  }
  if (flags.follow) say("the supervisor has ended");
}

/** Do something to each, at the same time; each failure is told, and the others go on. */
export async function forEach<T>(
  all: readonly T[],
  { json }: Flags,
  work: (one: T) => Promise<{ id: string }>,
  verb?: string,
): Promise<number> {
  const results: unknown[] = [];
  const codes = await Promise.all(all.map(async (one) => {
    try {
      const result = await work(one);
      results.push(result);
      if (!json) printLines([outcome(result, verb)]);
      return 0;
    } catch (error) {
      if (!(error instanceof ProctorError)) throw error;
      sayError(error);
      return error.exitCode;
    }
  }));
  if (json) printJson(results);
  return worst(codes);
}

function outcome(result: { id: string } & Partial<ProcessStatus>, verb: string | undefined): string {
  const { id, state, pid, reason } = result;
  if (state === undefined) return `${printable(id)}: removed`;
  const process = pid ? ` (pid ${pid})` : "";
  return `${printable(id)}: ${verb ? `${verb}, ` : ""}${state}${process}${
    reason ? `: ${printable(reason)}` : ""
  }`;
}

/** A value as JSON for people. */
export function printJson(value: unknown): void {
  printOut(`${JSON.stringify(value, null, 2)}\n`);
}

/** Lines to standard output. */
export function printLines(lines: readonly string[]): void {
  printOut(lines.map((line) => `${line}\n`).join(""));
}
