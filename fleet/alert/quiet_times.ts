import { randomHex } from "../../io/random_hex.ts";
import type { EditedDocuments } from "./edited_documents.ts";
import type { Maintenance, Silence } from "./suppress.ts";

/** More of either nobody oversees, and each alert is held against all of them. */
export const MOST_QUIET = 1_000;
/** Silences that are over are shown for so long. */
const SHOWN_MS = 7 * 24 * 3_600_000;
/** Removed at a time. */
const STEP = 100;

/** When people want nothing to be sent: silences of alerts, and maintenance of hosts. */
export class QuietTimes {
  constructor(readonly edited: EditedDocuments) {}

  silences(): readonly Silence[] {
    return [...this.edited.maps.silences.values()];
  }

  /**
   * Add one; what has been over for long is removed.
   * @returns null where there are too many
   */
  async addSilence(silence: Omit<Silence, "id">, now: number): Promise<Silence | null> {
    const over = this.silences().filter(({ until }) => until < now - SHOWN_MS).slice(0, STEP);
    for (const { id } of over) await this.edited.remove("silences", id, "proctor");
    if (this.silences().length >= MOST_QUIET) return null;
    const kept = { ...silence, id: randomHex(8) };
    await this.edited.edit("silences", kept.id, kept, silence.who);
    return kept;
  }

  /** End a silence now. @returns whether there is such a one */
  endSilence(id: string, by: string): Promise<boolean> {
    return this.edited.remove("silences", id, by);
  }

  maintenance(): readonly Maintenance[] {
    return [...this.edited.maps.maintenance.values()];
  }

  /** @returns null where there are too many */
  async addMaintenance(window: Omit<Maintenance, "id">): Promise<Maintenance | null> {
    if (this.maintenance().length >= MOST_QUIET) return null;
    const kept = { ...window, id: randomHex(8) };
    await this.edited.edit("maintenance", kept.id, kept, window.who);
    return kept;
  }

  /** Take a window of maintenance away. @returns whether there was one */
  removeMaintenance(id: string, by: string): Promise<boolean> {
    return this.edited.remove("maintenance", id, by);
  }
}
