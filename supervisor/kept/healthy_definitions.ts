import { readdirSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { removeQuietly, replaceFile } from "../../io/private_file.ts";
import { readOwnFile } from "../../platform/mod.ts";
import type { Definition } from "../definition.ts";
import { DEFINITIONS_END } from "./file_names.ts";
import type { StateDirectory } from "./state_directory.ts";

/** The present one, and the one before it. */
const MOST_HEALTHY = 2;
/** What is longer is not kept: no command is. */
const MOST_WRITTEN_CHARACTERS = 1_000_000;
/** Three of them, escaped. */
const MOST_BYTES = 16 * 1_048_576;

const versionSchema = z.object({
  /** Its entry as it was written: variables unresolved. */
  written: z.string(),
  directory: z.string(),
  fingerprint: z.string(),
  /** When it was found to be healthy, last. */
  healthy_at: z.string(),
});

const keptSchema = z.object({
  version: z.literal(1),
  id: z.string(),
  /** The latest first. */
  healthy: z.array(versionSchema).max(MOST_HEALTHY),
  /** What it runs by instead of what the file says; null: it runs by that. */
  rolled_back: versionSchema.extend({
    at: z.string(),
    /** The fingerprint of the definition in the file that was rolled back. */
    instead_of: z.string(),
  }).nullable(),
});

type Kept = z.infer<typeof keptSchema>;
/** An earlier definition of a process. */
export type Version = z.infer<typeof versionSchema>;
/** An earlier definition that is in force. */
export type RolledBack = NonNullable<Kept["rolled_back"]>;

/** The definitions by which processes were healthy, the last two of each, and which were rolled back to. */
export class HealthyDefinitions {
  readonly #byId = new Map<string, Kept>();

  /** @param directory where they are kept, a file for each process, ours alone; null: nowhere, and there are none */
  constructor(readonly directory: Pick<StateDirectory, "app"> | null) {}

  /** A definition has been healthy. @throws an error with a `code` when that cannot be written; then it is not kept */
  add(definition: Definition, healthy_at: string): void {
    const kept = this.#of(definition.id);
    const { fingerprint, source: { written, directory } } = definition;
    if (kept.healthy[0]?.fingerprint === fingerprint || written.length > MOST_WRITTEN_CHARACTERS) return;
    const others = kept.healthy.filter(isOther(definition));
    const healthy = [{ written, directory, fingerprint, healthy_at }, ...others].slice(0, MOST_HEALTHY);
    this.#keep({ ...kept, healthy });
  }

  /** Whether a definition has been healthy. */
  has({ id, fingerprint }: Definition): boolean {
    return this.find(id, fingerprint) !== null;
  }

  /** The definition that was healthy and has a fingerprint; null where none has. */
  find(id: string, fingerprint: string): Version | null {
    return this.#of(id).healthy.find((one) => one.fingerprint === fingerprint) ?? null;
  }

  /** The last definition that was healthy and is another one; null where there is none. */
  before(definition: Definition): Version | null {
    return this.#of(definition.id).healthy.find(isOther(definition)) ?? null;
  }

  /** The earlier definition that is in force; null where that of the file is. */
  rolledBack(id: string): RolledBack | null {
    return this.#of(id).rolled_back;
  }

  /**
   * From now on an earlier definition is in force, or with null that of the file.
   * @throws an error with a `code` when that cannot be written; then it is as it was
   */
  rollBack(id: string, rolled_back: RolledBack | null): void {
    this.#keep({ ...this.#of(id), rolled_back });
  }

  /** A process is known no longer. */
  forget(id: string): void {
    this.#byId.delete(id);
    const path = this.#path(id);
    // What a disk in trouble leaves is forgotten at the next start.
    if (path !== null) removeQuietly(path);
  }

  /** Forget all but these. */
  forgetOthers(ids: ReadonlySet<string>): void {
    if (!this.directory) return;
    for (const name of readdirSync(this.directory.app)) {
      const id = name.slice(0, -DEFINITIONS_END.length);
      if (name.endsWith(DEFINITIONS_END) && !ids.has(id)) this.forget(id);
    }
  }

  #of(id: string): Kept {
    const known = this.#byId.get(id);
    if (known) return known;
    const kept = this.#read(id) ?? { version: 1, id, healthy: [], rolled_back: null };
    this.#byId.set(id, kept);
    return kept;
  }

  /** What is no such file, or is not valid, is as if there were none. */
  #read(id: string): Kept | null {
    const path = this.#path(id);
    if (path === null) return null;
    try {
      const kept = keptSchema.parse(JSON.parse(readOwnFile(path, MOST_BYTES) ?? ""));
      return kept.id === id ? kept : null;
    } catch {
      return null;
    }
  }

  #keep(kept: Kept): void {
    const path = this.#path(kept.id);
    if (path === null) return;
    replaceFile(path, `${JSON.stringify(kept)}\n`, 0o600);
    this.#byId.set(kept.id, kept);
  }

  #path(id: string): string | null {
    return this.directory && join(this.directory.app, `${id}${DEFINITIONS_END}`);
  }
}

/** Written the same it is the same, though variables have changed since: their values are not kept. */
function isOther({ fingerprint, source }: Definition): (one: Version) => boolean {
  return (one) => one.fingerprint !== fingerprint && one.written !== source.written;
}
