import { deflateRawSync, inflateRawSync } from "node:zlib";
import { ByteReader } from "../chunk/byte_reader.ts";
import { ByteWriter } from "../chunk/byte_writer.ts";
import { unzigzag, zigzag } from "../chunk/scaled.ts";
import type { TaskView } from "../model/view.ts";
import type { Store } from "../store/contract.ts";

const COLLECTION = "forward";
const VERSION = 1;
/** Half a million tasks are some megabytes. */
const MOST_BYTES = 64 << 20;

/**
 * How far a destination has been told, task by task: the times of a task only grow, in whatever order messages of
 * different tasks come. It is kept in the store, and survives whoever writes it.
 */
export class Cursor {
  readonly #times: Map<number, number>;

  private constructor(
    readonly store: Pick<Store, "documents" | "saveDocuments">,
    readonly destination: string,
    times: Map<number, number>,
    readonly isNew: boolean,
  ) {
    this.#times = times;
  }

  /** As it was stored; where it never was, the past is not told. @throws ProctorError where the store cannot be read */
  static async open(
    store: Pick<Store, "documents" | "saveDocuments">,
    destination: string,
    tasks: Iterable<TaskView>,
  ): Promise<Cursor> {
    const times = decoded((await store.documents(COLLECTION)).get(destination));
    if (times) return new Cursor(store, destination, times, false);
    const known = [...tasks].map(({ id, lastTime }) => [id, lastTime] as const);
    return new Cursor(store, destination, new Map(known), true);
  }

  /** The time up to which a task was told; minus infinity where it never was. */
  of(task: number): number {
    return this.#times.get(task) ?? -Infinity;
  }

  /** It was told of a task up to a time. */
  move(task: number, time: number): void {
    if (time > this.of(task)) this.#times.set(task, time);
  }

  /**
   * Keep it. A task that is not known here may be known to another manager: it is forgotten once nothing that it has
   * would be told any more.
   * @param isKnown which tasks there are, as far as we know
   * @param oldest what is older is not told
   */
  async save(isKnown: (task: number) => boolean, oldest: number): Promise<void> {
    for (const [task, time] of this.#times) if (time < oldest && !isKnown(task)) this.#times.delete(task);
    await this.store.saveDocuments(COLLECTION, new Map([[this.destination, encoded(this.#times)]]));
  }
}

/** Tasks and times as differences, deflated: some three bytes of each. */
function encoded(times: ReadonlyMap<number, number>): { version: number; times: string } {
  const rows = [...times].filter(([, time]) => Number.isFinite(time)).sort(([a], [b]) => a - b);
  const writer = new ByteWriter();
  writer.varint(rows.length);
  let [lastTask, lastTime] = [0, 0];
  for (const [task, time] of rows) {
    writer.varint(task - lastTask);
    writer.varint(zigzag(Math.round(time) - lastTime));
    [lastTask, lastTime] = [task, Math.round(time)];
  }
  return { version: VERSION, times: deflateRawSync(writer.written()).toString("base64") };
}

/** What was encoded; null for anything else. */
function decoded(document: unknown): Map<number, number> | null {
  const { version, times } = (document ?? {}) as { version?: unknown; times?: unknown };
  if (version !== VERSION || typeof times !== "string") return null;
  try {
    const bytes = inflateRawSync(Buffer.from(times, "base64"), { maxOutputLength: MOST_BYTES });
    const reader = new ByteReader(bytes);
    const found = new Map<number, number>();
    let [task, time] = [0, 0];
    for (let left = reader.varint(); left > 0; left--) {
      task += reader.varint();
      time += unzigzag(reader.varint());
      found.set(task, time);
    }
    return found;
  } catch {
    return null;
  }
}
