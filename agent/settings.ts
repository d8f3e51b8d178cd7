import type { ExportInput } from "../exporters/settings.ts";
import type { Rotation } from "../io/rotation.ts";
import type { Destination } from "../records/record_output.ts";
import type { WatchTarget } from "./watch_target.ts";

/** What an agent does, from its flags and its file. */
export interface AgentSettings {
  readonly targets: readonly WatchTarget[];
  readonly discoverMs: number;
  /** null: the agent does not tell of itself. */
  readonly healthMs: number | null;
  /** Where messages go as JSON lines; undefined for nowhere. */
  readonly records: Destination | undefined;
  readonly rotation: Rotation | undefined;
  /** undefined: no exporters. */
  readonly exports: ExportInput | undefined;
  readonly propletId: string;
}
