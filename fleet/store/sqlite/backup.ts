import { mkdirSync, readdirSync } from "node:fs";
import { chmod, copyFile, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { ProctorError } from "../../../core/error.ts";
import { reasonOf } from "../../../io/errno_words.ts";
import type { Database } from "./database.ts";
import type { Tiers } from "./retention.ts";
import type { Queue } from "../turn.ts";

/** The files of a store that are none of a tier, by which it is known. */
export const FLEET_FILE = "fleet.db";
/** See above. */
export const JOURNAL_FILE = "journal.db";
/** The directories of tiers. */
export const TIER_DIRECTORIES = { raw: "raw", fiveMinutes: "min", hours: "hour" } as const;

/**
 * Copy a store that is in use into a directory that is empty, or missing. The order makes the copy whole: what is
 * sealed while it is made is in the journal's copy still, and told as sealed by the later copies; likewise parts, and
 * what is made of them.
 * @throws ProctorError; nothing is left of the copy then
 */
export async function copyStore(
  directory: string,
  { fleet, journal, tiers }: { fleet: Database; journal: Database; tiers: Tiers },
  seals: Queue,
): Promise<void> {
  makeEmpty(directory);
  try {
    journal.copyTo(join(directory, JOURNAL_FILE));
    for (const tier of ["raw", "fiveMinutes", "hours"] as const) {
      const files = tiers[tier];
      const below = join(directory, TIER_DIRECTORIES[tier]);
      mkdirSync(below, { mode: 0o700 });
      for (const key of files.keys()) {
        // Nobody writes to it meanwhile: then the file is whole, and need not be read through this thread.
        await seals.do(async () => {
          files.at(key).checkpoint();
          const copy = join(below, basename(files.pathOf(key)));
          await copyFile(files.pathOf(key), copy);
          await chmod(copy, 0o600);
        });
      }
    }
    fleet.copyTo(join(directory, FLEET_FILE));
  } catch (error) {
    const made = [JOURNAL_FILE, FLEET_FILE, ...Object.values(TIER_DIRECTORIES)];
    for (const name of made) await rm(join(directory, name), { recursive: true, force: true });
    if (error instanceof ProctorError) throw error;
    throw new ProctorError("system", `cannot write a backup to ${directory}: ${reasonOf(error)}`);
  }
}

function makeEmpty(directory: string): void {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    if (readdirSync(directory).length === 0) return;
  } catch (error) {
    throw new ProctorError("system", `cannot write a backup to ${directory}: ${reasonOf(error)}`);
  }
  throw new ProctorError("usage", `cannot write a backup to ${directory}: it is not empty; name another one`);
}
