import { ProctorError } from "../../core/error.ts";
import { MachineMeter } from "../../host/machine_meter.ts";
import { ProcessTable } from "../../host/process_table.ts";
import {
  loadHostSource,
  loadPlatform,
  loadProcessDirectory,
  openProcessTraffic,
} from "../../platform/mod.ts";

/** A rate needs two looks: the second comes soon. */
export const SECOND_LOOK_MS = 250;

/** What top looks at. */
export interface World {
  readonly platform: Awaited<ReturnType<typeof loadPlatform>>;
  readonly table: ProcessTable;
  readonly meter: MachineMeter;
  /** What the user is told at first. */
  readonly message: string | null;
}

/** @throws ProctorError of kind `usage` where a root is not a process */
export async function openWorld(
  { roots, network }: { readonly roots: readonly number[]; readonly network: boolean },
): Promise<World> {
  const platform = await loadPlatform();
  const directory = await loadProcessDirectory();
  const present = new Set(directory.pids());
  const missing = roots.find((pid) => !present.has(pid));
  if (missing !== undefined) throw new ProctorError("usage", `pid: there is no process ${missing}`);
  const traffic = network ? await openProcessTraffic() : undefined;
  const message = typeof traffic === "string" ? `network: ${traffic}` : null;
  const table = new ProcessTable(platform, directory, typeof traffic === "string" ? undefined : traffic);
  return { platform, table, meter: new MachineMeter(await loadHostSource(), directory), message };
}
