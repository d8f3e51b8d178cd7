import { randomHex } from "../../io/random_hex.ts";
import type { EditedDocuments } from "./edited_documents.ts";
import type { Maintenance, Silence } from "./suppress.ts";

/** When people want nothing to be sent: silences of alerts, and maintenance of hosts. */
export class QuietTimes {
  constructor(readonly edited: EditedDocuments) {}

  silences(): readonly Silence[] {
    return [...this.edited.maps.silences.values()];
  }

  async addSilence(silence: Omit<Silence, "id">): Promise<Silence> {
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

  async addMaintenance(window: Omit<Maintenance, "id">): Promise<Maintenance> {
    const kept = { ...window, id: randomHex(8) };
    await this.edited.edit("maintenance", kept.id, kept, window.who);
    return kept;
  }

  /** Take a window of maintenance away. @returns whether there was one */
  removeMaintenance(id: string, by: string): Promise<boolean> {
    return this.edited.remove("maintenance", id, by);
  }
}
