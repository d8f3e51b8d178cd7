import type { HourColumn, LogEntry, Store } from "../../../fleet/store/contract.ts";

/** What alerts need of a store, in memory: it outlives the books that are opened on it. */
export class TestStore {
  readonly collections = new Map<string, Map<string, unknown>>();
  readonly logs: Record<string, LogEntry[]> = { audit: [], alerts: [] };
  /** Why nothing can be written. */
  fault: string | null = null;
  hoursOf: (column: string, from: number, until: number) => HourColumn[] = () => [];

  get asStore(): Store {
    return this as unknown as Store;
  }

  documents(collection: string): Promise<Map<string, unknown>> {
    return Promise.resolve(structuredClone(this.collections.get(collection) ?? new Map()));
  }

  saveDocuments(collection: string, changes: ReadonlyMap<string, unknown>): Promise<void> {
    if (this.fault !== null) return Promise.reject(new Error(this.fault));
    const all = this.collections.get(collection) ?? new Map();
    this.collections.set(collection, all);
    for (const [key, value] of changes) {
      if (value === null) all.delete(key);
      else all.set(key, JSON.parse(JSON.stringify(value)));
    }
    return Promise.resolve();
  }

  log(name: string, entries: readonly LogEntry[]): Promise<void> {
    this.logs[name].push(...entries);
    return Promise.resolve();
  }

  hours(_unit: string, column: string, from: number, until: number): Promise<HourColumn[]> {
    return Promise.resolve(this.hoursOf(column, from, until));
  }
}
