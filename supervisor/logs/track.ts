import type { Offsets } from "./cursor.ts";
import type { LogStream } from "./log_line.ts";
import type { ProcessLogs } from "./process_logs.ts";
import { Spool } from "./spool.ts";
import type { SpoolMeans } from "./spool_means.ts";
import type { StreamPipeline } from "./stream_pipeline.ts";

/** One stream: where it lies, and what becomes of it. */
export interface Track {
  readonly spool: Spool;
  pipeline: StreamPipeline;
}

/** Where tracks lie. */
interface TrackPlace {
  /** What the names of their spools begin with. */
  readonly path: string;
  /** How far they are collected. */
  readonly offsets: Offsets;
  readonly means: SpoolMeans;
  readonly logs: Pick<ProcessLogs, "id" | "pipeline">;
}

/**
 * Open a track for each stream, or none where one cannot be.
 * @throws an error with a `code` of the file system
 */
export function openTracks(streams: readonly LogStream[], place: TrackPlace): Track[] {
  const { path, offsets, means, logs } = place;
  const opened: Track[] = [];
  try {
    for (const stream of streams) {
      const title = ["proctor-log", logs.id, stream];
      const spool = new Spool(`${path}.${stream}`, offsets[stream], means, title);
      opened.push({ spool, pipeline: logs.pipeline(stream, spool.offset) });
    }
    return opened;
  } catch (error) {
    for (const { spool } of opened) spool.close();
    throw error;
  }
}

/** How far each is collected. */
export function offsetsOf(tracks: readonly Track[]): Offsets {
  const offsets: Offsets = { stdout: 0, stderr: 0 };
  for (const { spool, pipeline } of tracks) offsets[pipeline.stream] = spool.offset;
  return offsets;
}

/** Should movers have been killed, others take their places. */
export function reviveMovers(tracks: readonly Track[]): void {
  for (const { spool } of tracks) {
    try {
      spool.revive();
    } catch { /* A disk in trouble: it is tried again, and the writers wait. */ }
  }
}
