import { closeSync, existsSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { EXIT, ProctorError, usageError } from "../../core/error.ts";
import { printable, printableJson } from "../../core/printable.ts";
import { momentOf } from "../../fleet/api/parameters.ts";
import { parquetFile } from "../../fleet/export/parquet.ts";
import { exportedSamples, toJsonRow } from "../../fleet/export/samples.ts";
import { StoredFleet } from "../../fleet/stored_fleet.ts";
import { FLEET_FILE } from "../../fleet/store/sqlite/backup.ts";
import { reasonOf } from "../../io/errno_words.ts";
import { mapped } from "../../io/net/stream_response.ts";
import { printOut, say } from "../../io/terminal/output.ts";
import { openStore } from "./run_manager.ts";
import { placeOf } from "./settings.ts";

/** The options, as commander hands them over. */
export interface ExportFlags {
  readonly store?: string;
  readonly storePasswordFile?: string;
  readonly format: "jsonl" | "parquet";
  readonly output?: string;
  readonly unit?: string;
  readonly from?: string;
  readonly until: string;
}

/** Write all samples; the exit code. */
export async function runExport(flags: ExportFlags): Promise<number> {
  const from = flags.from === undefined ? 0 : moment("--from", flags.from);
  const until = moment("--until", flags.until);
  const place = placeOf({ store: flags.store, store_password_file: flags.storePasswordFile });
  // A new one would be made.
  if (!place.database && !existsSync(join(place.directory, FLEET_FILE))) {
    throw usageError(`--store: ${place.directory} is not a store of a manager`);
  }
  const { store } = await openStore(place, say);
  try {
    const { history, tasks } = await StoredFleet.read(store);
    const wanted = tasks.filter(({ agent }) => flags.unit === undefined || agent.unit === flags.unit);
    if (flags.unit !== undefined && wanted.length === 0) {
      const units = [...new Set(tasks.map(({ agent }) => agent.unit))].map(printable);
      throw usageError(`--unit: there is no "${flags.unit}"; there are ${units.join(", ") || "none"}`);
    }
    const samples = exportedSamples(history, wanted, from, until, new AbortController().signal);
    const pieces = flags.format === "parquet"
      ? parquetFile(samples)
      : mapped(samples, (sample) => `${printableJson(toJsonRow(sample))}\n`);
    if (flags.output === undefined) {
      for await (const piece of pieces) if (!printOut(piece)) return EXIT.proctorFailed;
    } else await writeFile(flags.output, pieces);
    return 0;
  } finally {
    await store.close();
  }
}

function moment(option: string, text: string): number {
  const ms = momentOf(text, Date.now());
  if (ms !== null) return ms;
  throw usageError(
    `${option}: "${text}" is not a time; write "now", a duration such as "90m" (so long ago), ` +
      'or a time such as "2026-01-31T12:00:00Z"',
  );
}

/** A file as a whole or not at all. */
async function writeFile(path: string, pieces: AsyncIterable<Uint8Array | string>): Promise<void> {
  const fresh = `${path}.new`;
  const failed = (error: unknown) => new ProctorError("system", `${path}: ${reasonOf(error)}`);
  let descriptor: number;
  try {
    rmSync(fresh, { force: true });
    descriptor = openSync(fresh, "wx", 0o600);
  } catch (error) {
    throw failed(error);
  }
  try {
    for await (const piece of pieces) {
      const bytes = typeof piece === "string" ? Buffer.from(piece) : piece;
      for (let at = 0; at < bytes.length;) at += write(bytes.subarray(at));
    }
    closeSync(descriptor);
    renameSync(fresh, path);
  } catch (error) {
    rmSync(fresh, { force: true });
    throw error instanceof ProctorError ? error : failed(error);
  }

  function write(bytes: Uint8Array): number {
    try {
      return writeSync(descriptor, bytes);
    } catch (error) {
      throw failed(error);
    }
  }
}
