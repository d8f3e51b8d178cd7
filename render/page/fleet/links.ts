import { decoded } from "../parts/decoded.ts";
import type { FleetStore } from "./fleet_store.ts";

/** Where the page of a host is. */
export function hostLink(
  { unit, proplet_id }: { readonly unit: string; readonly proplet_id: string },
): string {
  return `#/host/${parts(unit.split("/"))}/${encodeURIComponent(proplet_id)}`;
}

/** Where the page of a task is. */
export function taskLink(
  { unit, proplet_id }: { readonly unit: string; readonly proplet_id: string },
  taskId: string,
): string {
  return `#/task/${parts(unit.split("/"))}/${encodeURIComponent(proplet_id)}/${encodeURIComponent(taskId)}`;
}

/** Where the page of a task is of which only the number is known. */
export function numberLink(id: number): string {
  return `#/task-number/${id}`;
}

/** Where a rule is; one of no name is a new one. @param copied the rule that a new one begins as */
export function ruleLink(name: string, copied = ""): string {
  if (name !== "") return `#/rules/is/${encodeURIComponent(name)}`;
  return copied === "" ? "#/rules/new" : `#/rules/new/${encodeURIComponent(copied)}`;
}

/** Where all tasks of a target are. */
export function targetLink(name: string): string {
  return `#/target/${encodeURIComponent(name)}`;
}

/** Where a host is seen live. */
export function liveLink({ id }: { readonly id: number }): string {
  return `#/live/${id}`;
}

/** Where that is which an alert is about; null where it has no page of its own. */
export function subjectLink(store: Pick<FleetStore, "host">, subject: string): string | null {
  const [, kind, number] = /^([at])(\d+)$/.exec(subject) ?? [];
  if (kind === "t") return numberLink(Number(number));
  const host = kind === "a" ? store.host(Number(number)) : undefined;
  return host ? hostLink(host) : null;
}

/** The view that an address names, and what of it. */
export function readLink(hash: string): readonly string[] {
  return hash.replace(/^#\/?/, "").split("/").map(decoded);
}

const parts = (names: readonly string[]) => names.map(encodeURIComponent).join("/");
