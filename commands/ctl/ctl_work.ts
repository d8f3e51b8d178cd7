import process from "node:process";
import { ProctorError } from "../../core/error.ts";
import { printable, printableJson } from "../../core/printable.ts";
import { colorsWelcome, placesText, printOut, say, sayError } from "../../io/terminal/output.ts";
import { pathOf, worst } from "../../supervisor/client/ctl_client.ts";
import type { Client } from "../../supervisor/client/ctl_client.ts";
import type { PlaceFlags } from "../../supervisor/client/ctl_place.ts";
import type { ProcessStatus, SupervisorEvent } from "../../supervisor/control.ts";
import { idsOf } from "../../supervisor/selection.ts";
import { pause } from "../../io/deadline.ts";

/** The options that every verb of `proctor ctl` has. */
export interface Flags extends PlaceFlags {
  json?: boolean;
}

/** What `proctor ctl events` is asked for. */
export interface EventFlags extends Flags {
  follow?: boolean;
  tail?: number;
  type?: readonly string[];
}

/** `proctor ctl status`: once, or again and again. */
export async function showStatus(
  client: Client,
  flags: Flags & { watch?: number },
  names: string[],
): Promise<number> {
  const read = async () => {
    const all = await client.ask<ProcessStatus[]>("GET", "/processes");
    if (names.length === 0) return all;
    const byId = new Map(all.map((one) => [one.id, one]));
    // Who is not there is asked for, so that the supervisor says so.
    return await Promise.all(
      idsOf(names, all).map((id) => byId.get(id) ?? client.ask<ProcessStatus>("GET", pathOf(id))),
    );
  };
  if (flags.json && flags.watch === undefined) {
    printJson(await read());
    return 0;
  }
  const { statusTable } = await import("./ctl_status.ts");
  const { Screen } = await import("../../io/terminal/screen.ts");
  const isPlaced = placesText(1);
  const colors = colorsWelcome(1);
  const screen = new Screen(flags.watch !== undefined && isPlaced);
  for (;;) {
    const statuses = await read();
    const columns = isPlaced ? process.stdout.columns || 80 : null;
    const shown = flags.json
      ? printOut(`${printableJson(statuses)}\n`)
      : screen.show(statusTable(statuses, { colors, columns }));
    if (flags.watch === undefined || !shown) return 0;
    await pause(flags.watch);
  }
}

/** `proctor ctl events`: what has happened, and with `follow` what happens. */
export async function showEvents(
  client: Client,
  flags: EventFlags,
  [name]: string[],
): Promise<void> {
  if (name !== undefined) await client.ask("GET", pathOf(name));
  const { eventLine } = await import("./ctl_describe.ts");
  const query = new URLSearchParams({ recent: "true", follow: String(flags.follow ?? false) });
  if (name !== undefined) query.set("id", name);
  for (const kind of flags.type ?? []) query.append("kind", kind);
  if (flags.tail !== undefined) query.set("tail", String(flags.tail));
  for await (
    const { event, data } of client.events<SupervisorEvent & { missed?: number }>(`/events?${query}`)
  ) {
    const line = flags.json
      ? printableJson(data)
      : event === "missed"
      ? `(${data.missed} events are left out here)`
      : eventLine(data);
    if (!printOut(`${line}\n`)) return;
  }
  if (flags.follow) say("the supervisor has ended");
}

/** Do something to each, at the same time; each failure is told, and the others go on. */
export function forEach<T>(
  all: readonly T[],
  flags: Flags,
  work: (one: T) => Promise<{ id: string }>,
  verb?: string,
): Promise<number> {
  return forEachRow(all.map((one) => [one]), flags, work, verb);
}

/**
 * The same for rows at the same time: what stands in a row is done one after another, each only when the one before it
 * has gone well.
 */
export async function forEachRow<T>(
  rows: readonly (readonly T[])[],
  { json }: Flags,
  work: (one: T) => Promise<{ id: string }>,
  verb?: string,
): Promise<number> {
  const results: unknown[] = [];
  const codes = await Promise.all(rows.map(async (row) => {
    for (const [index, one] of row.entries()) {
      try {
        const result = await work(one);
        results.push(result);
        if (!json) printLines([outcome(result, verb)]);
      } catch (error) {
        if (!(error instanceof ProctorError)) throw error;
        sayError(error);
        const rest = row.slice(index + 1);
        if (rest.length > 0) say(`${rest.join(", ")}: left as they are`);
        return error.exitCode;
      }
    }
    return 0;
  }));
  if (json) printJson(results);
  return worst(codes);
}

/** What has become of a process, in one line. */
export function outcome(result: { id: string } & Partial<ProcessStatus>, verb?: string): string {
  const { id, state, pid, reason } = result;
  if (state === undefined) return `${printable(id)}: removed`;
  const process = pid ? ` (pid ${pid})` : "";
  return `${printable(id)}: ${verb ? `${verb}, ` : ""}${state}${process}${
    reason ? `: ${printable(reason)}` : ""
  }`;
}

/** A value as JSON for people. */
export function printJson(value: unknown): void {
  printOut(`${printableJson(value, 2)}\n`);
}

/** Lines to standard output. */
export function printLines(lines: readonly string[]): void {
  printOut(lines.map((line) => `${line}\n`).join(""));
}
