import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { ProctorError } from "../../../core/error.ts";
import { reasonOf } from "../../../io/errno_words.ts";
import { loadPlatform, LockTaken, takeLock, takePrivateDirectory } from "../../../platform/mod.ts";
import type { Lock } from "../../../platform/mod.ts";
import type { Store } from "../contract.ts";
import { FLEET_FILE, JOURNAL_FILE, TIER_DIRECTORIES } from "./backup.ts";
import { Database } from "./database.ts";
import { Journal } from "./journal.ts";
import { PeriodFiles } from "./period_files.ts";
import { RawTier } from "./raw_tier.ts";
import { FIVE_MINUTES, FLEET, HOURS, RAW } from "./schemas.ts";
import { SqliteStore } from "./sqlite_store.ts";

const LOCK_FILE = "manager.lock";

/**
 * Open the store in a directory, made where it is missing: ours alone, and of one manager at a time.
 * @param say is told of what is damaged, and left out or set aside
 * @throws ProctorError
 */
export async function openDirectory(path: string, say: (line: string) => void = () => {}): Promise<Store> {
  const place = resolve(path);
  const opened: { close(): void }[] = [];
  let lock: Lock | undefined;
  try {
    lock = await take(place);
    const files = (name: string, ...[period, schema]: [PeriodFiles["period"], PeriodFiles["schema"]]) => {
      const directory = join(place, name);
      mkdirSync(directory, { recursive: true, mode: 0o700 });
      const found = new PeriodFiles(directory, period, schema, say);
      opened.push(found);
      return found;
    };
    const tiers = {
      raw: files(TIER_DIRECTORIES.raw, "day", RAW),
      fiveMinutes: files(TIER_DIRECTORIES.fiveMinutes, "month", FIVE_MINUTES),
      hours: files(TIER_DIRECTORIES.hours, "year", HOURS),
    };
    const fleet = Database.open(join(place, FLEET_FILE), FLEET);
    opened.push(fleet);
    const journal = new Journal(join(place, JOURNAL_FILE), new RawTier(tiers.raw).lastSealed());
    const held = lock;
    return new SqliteStore({ place, fleet, journal, tiers, say, release: () => held.release() });
  } catch (error) {
    for (const one of opened) one.close();
    lock?.release();
    if (error instanceof ProctorError) throw error;
    throw new ProctorError("system", `the store ${place} cannot be used: ${reasonOf(error)}`);
  }
}

async function take(place: string): Promise<Lock> {
  try {
    takePrivateDirectory(place, (names) => names.length === 0 || names.includes(FLEET_FILE));
    const { closeDirectory, lockFile } = await loadPlatform();
    closeDirectory?.(place);
    return takeLock(join(place, LOCK_FILE), lockFile);
  } catch (error) {
    if (!(error instanceof LockTaken)) throw error;
    const who = error.holder === undefined ? "" : ` (PID ${error.holder})`;
    throw new ProctorError(
      "system",
      `another manager${who} has the store ${place}; end it, or choose another one`,
    );
  }
}
