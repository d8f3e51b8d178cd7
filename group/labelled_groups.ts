import { TOTAL_WIDTH } from "../core/measure/raw.ts";
import type { SavedGroup } from "../core/schema/saved_group.ts";
import { loadPlatform } from "../platform/mod.ts";

/** A group that lives, and who was found of it. */
export interface LabelledGroup {
  readonly saved: SavedGroup;
  readonly members: readonly { readonly pid: number; readonly name: string }[];
}

/**
 * Groups that were made with a label and live, whether or not anybody has kept what `ProcessGroup.save` said of them.
 * What comes back can be adopted, or ended by `endLeftovers`.
 * @param isBeginning whether labels that only begin so count, too
 */
export async function findLabelled(label: string, isBeginning = false): Promise<LabelledGroup[]> {
  const platform = await loadPlatform();
  const byMark = Map.groupBy(platform.markedProcesses(label, isBeginning), ({ marker }) => marker);
  return [...byMark].map(([marker, members]) => {
    const { mechanism, directory } = members.find((member) => member.directory !== null) ?? members[0];
    return {
      saved: {
        version: 1,
        mechanism,
        directory,
        marker,
        boot_id: platform.bootId(),
        processes: members.map(({ pid, birth }) => ({ pid, birth })),
        ended_totals: new Array(TOTAL_WIDTH).fill(null),
      },
      members: members.map(({ pid, name }) => ({ pid, name })),
    };
  });
}
