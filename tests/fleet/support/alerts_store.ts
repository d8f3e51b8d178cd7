import { encodeChunk } from "../../../fleet/chunk/chunk.ts";
import type { StoredSample } from "../../../fleet/model/view.ts";
import type { HourColumn, LogEntry, Store, StoredChunk } from "../../../fleet/store/contract.ts";

/** What alerts need of a store, in memory: it outlives the books that are opened on it. */
export class TestStore {
  readonly collections = new Map<string, Map<string, unknown>>();
  readonly logs: Record<string, LogEntry[]> = { audit: [], alerts: [] };
  /** Why nothing can be written. */
  fault: string | null = null;
  /** Writes of logs. */
  logWrites = 0;
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
    this.logWrites++;
    if (this.fault !== null) return Promise.reject(new Error(this.fault));
    this.logs[name].push(...entries);
    return Promise.resolve();
  }

  /** Keep samples as a chunk of an agent. */
  seal(agent: number, rows: readonly (readonly [task: number, sample: StoredSample])[]): void {
    const times = rows.map(([, { time }]) => time);
    const chunk = { from: Math.min(...times), until: Math.max(...times) + 1, data: encodeChunk(rows) };
    this.#chunks.set(agent, [...this.#chunks.get(agent) ?? [], chunk]);
  }

  readonly #chunks = new Map<number, StoredChunk[]>();

  chunks(agent: number, from: number, until: number): Promise<StoredChunk[]> {
    const all = this.#chunks.get(agent) ?? [];
    return Promise.resolve(all.filter((chunk) => chunk.from < until && chunk.until > from));
  }

  hours(_unit: string, column: string, from: number, until: number): Promise<HourColumn[]> {
    return Promise.resolve(this.hoursOf(column, from, until));
  }
}
