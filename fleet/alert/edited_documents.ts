import { isDeepStrictEqual } from "node:util";
import { ProctorError } from "../../core/error.ts";
import type { UnitKey } from "../model/unit.ts";
import type { Store } from "../store/contract.ts";
import { Edits } from "../store/edits.ts";
import type { WrittenNotifier } from "./notify/notifier_schema.ts";
import type { WrittenRule } from "./rules/rule_schema.ts";
import type { Maintenance, Silence } from "./suppress.ts";

/** What people change, each in a collection of its name. */
interface EditedMaps {
  readonly rules: Map<string, WrittenRule>;
  readonly notifiers: Map<string, WrittenNotifier>;
  readonly silences: Map<string, Silence>;
  readonly maintenance: Map<string, Maintenance>;
}

/** What people change of alerts, stored before it holds, and who has done so. */
export class EditedDocuments {
  readonly maps: EditedMaps = {
    rules: new Map(),
    notifiers: new Map(),
    silences: new Map(),
    maintenance: new Map(),
  };

  readonly #edits = new Edits();

  constructor(
    readonly store: Pick<Store, "documents" | "saveDocuments" | "log">,
    readonly now: () => number,
  ) {}

  /**
   * Take up what an earlier manager has left, or others have changed.
   * @returns whether rules or destinations are others than before
   */
  async load(): Promise<boolean> {
    let hasChanged = false;
    for (const name of Object.keys(this.maps) as (keyof EditedMaps)[]) {
      const map = this.maps[name] as Map<string, unknown>;
      const stored = await this.#edits.read(() => this.store.documents(name));
      if (!stored) continue;
      const isSame = stored.size === map.size &&
        [...stored].every(([key, value]) => map.has(key) && isDeepStrictEqual(map.get(key), value));
      if (isSame) continue;
      map.clear();
      for (const [key, value] of stored) map.set(key, value);
      if (name === "rules" || name === "notifiers") hasChanged = true;
    }
    return hasChanged;
  }

  /** Store a document, or its end with null. @throws ProctorError where the store does not take it */
  async edit(collection: keyof EditedMaps, key: string, value: unknown, by: string): Promise<void> {
    await this.#edits.edit(async () => {
      try {
        await this.store.saveDocuments(collection, new Map([[key, value]]));
      } catch (error) {
        throw new ProctorError("system", `the store does not take it: ${(error as Error).message}`);
      }
      const map = this.maps[collection] as Map<string, unknown>;
      if (value === null) map.delete(key);
      else map.set(key, value);
    });
    // What a destination is reached by is a secret.
    const detail = collection === "notifiers" ? null : value;
    await this.audit(by, `${value === null ? "removed" : "saved"} ${collection} ${key}`, detail, null);
  }

  /** Store the end of a document. @returns whether there was one */
  async remove(collection: keyof EditedMaps, key: string, by: string): Promise<boolean> {
    if (!this.maps[collection].has(key)) return false;
    await this.edit(collection, key, null, by);
    return true;
  }

  /** Write down what somebody has done. */
  async audit(by: string, text: string, detail: unknown, unit: UnitKey | null): Promise<void> {
    await this.store.log("audit", [{ at: this.now(), unit, text: `${by}: ${text}`, detail }]);
  }
}
