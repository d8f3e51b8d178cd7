import { decoded } from "../parts/decoded.ts";

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

/** The view that an address names, and what of it. */
export function readLink(hash: string): readonly string[] {
  return hash.replace(/^#\/?/, "").split("/").map(decoded);
}

const parts = (names: readonly string[]) => names.map(encodeURIComponent).join("/");
