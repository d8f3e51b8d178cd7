import { ProctorError } from "../../core/error.ts";
import type { UnitKey } from "../model/unit.ts";
import type { Store } from "../store/contract.ts";
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

  constructor(
    readonly store: Pick<Store, "documents" | "saveDocuments" | "log">,
    readonly now: () => number,
  ) {}

  /** Take up what an earlier manager has left. */
  async load(): Promise<void> {
    for (const name of Object.keys(this.maps) as (keyof EditedMaps)[]) {
      for (const [key, value] of await this.store.documents(name)) this.maps[name].set(key, value as never);
    }
  }

  /** Store a document, or its end with null. @throws ProctorError where the store does not take it */
  async edit(collection: keyof EditedMaps, key: string, value: unknown, by: string): Promise<void> {
    try {
      await this.store.saveDocuments(collection, new Map([[key, value]]));
    } catch (error) {
      throw new ProctorError("system", `the store does not take it: ${(error as Error).message}`);
    }
    const map = this.maps[collection] as Map<string, unknown>;
    if (value === null) map.delete(key);
    else map.set(key, value);
    // What a destination is reached by is a secret.
    const detail = collection === "notifiers" ? null : value;
    await this.audit(by, `${value === null ? "removed" : "saved"} ${collection} ${key}`, detail, null);
  }

  /** Write down what somebody has done. */
  async audit(by: string, text: string, detail: unknown, unit: UnitKey | null): Promise<void> {
    await this.store.log("audit", [{ at: this.now(), unit, text: `${by}: ${text}`, detail }]);
  }
}
