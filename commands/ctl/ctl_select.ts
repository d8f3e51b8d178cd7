import type { Client } from "../../supervisor/client/ctl_client.ts";
import type { ProcessStatus } from "../../supervisor/control.ts";
import { idsOf, INSTANCE } from "../../supervisor/selection.ts";

/** The ids that are meant, of the processes that are there now; see {@link idsOf}. */
export async function selected(
  client: Client,
  names: readonly string[],
  isManagedOnly = false,
): Promise<string[]> {
  if (names.length === 0) return [];
  return idsOf(names, await client.ask<ProcessStatus[]>("GET", "/processes"), isManagedOnly);
}

/** Ids in rows: the instances of one process form one, to be gone through one after another. */
export function inRows(ids: readonly string[]): string[][] {
  const rows = new Map<string, string[]>();
  for (const id of ids) {
    const base = id.replace(INSTANCE, "");
    const row = INSTANCE.test(id) ? rows.get(`${base}:`) : undefined;
    if (row) row.push(id);
    else rows.set(INSTANCE.test(id) ? `${base}:` : id, [id]);
  }
  return [...rows.values()];
}
