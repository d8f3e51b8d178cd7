import { hostname } from "node:os";
import process from "node:process";
import type { SupervisorLogConfig } from "./config.ts";
import type { EntryContext } from "./stream_pipeline.ts";

/** Further fields of each line, where the configuration asks for them. */
export function metadataOf(
  wanted: SupervisorLogConfig["enhancement"],
  nextSequence: () => number,
): EntryContext["metadata"] {
  if (!wanted?.enabled) return null;
  const { add_hostname, add_sequence, add_line_number, add_process_manager_id } = wanted.metadata;
  if (!add_hostname && !add_sequence && !add_line_number && !add_process_manager_id) return null;
  const host = hostname();
  return (lineNumber: number) => ({
    ...(add_process_manager_id ? { process_manager_id: process.pid } : {}),
    ...(add_hostname ? { hostname: host } : {}),
    ...(add_sequence ? { sequence: nextSequence() } : {}),
    ...(add_line_number ? { line_number: lineNumber } : {}),
  });
}
