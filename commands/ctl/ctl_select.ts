import type { Client } from "../../supervisor/client/ctl_client.ts";
import type { ProcessStatus } from "../../supervisor/control.ts";
import { idsOf } from "../../supervisor/selection.ts";

/** The ids that are meant, of the processes that are there now; see {@link idsOf}. */
export async function selected(
  client: Client,
  names: readonly string[],
  isManagedOnly = false,
): Promise<string[]> {
  if (names.length === 0) return [];
  return idsOf(names, await client.ask<ProcessStatus[]>("GET", "/processes"), isManagedOnly);
}
