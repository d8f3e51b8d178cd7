import { usageError } from "../core/error.ts";
import { processRecordSchema, startRecordSchema, summaryRecordSchema } from "../core/schema/record.ts";
import type { ProctorRecord, SampleRecord } from "../core/schema/record.ts";
import { checkSample } from "./check_sample.ts";
import { outOfRange } from "./range.ts";
import { RECORD_SCHEMA, VERSION } from "../core/schema/version.ts";
import { describeIssues, IN_OUR_WORDS } from "../core/schema/zod_issues.ts";

/** More of a faulty value is not shown. */
const LONGEST_SHOWN = 60;
const SCHEMAS = { start: startRecordSchema, process: processRecordSchema, summary: summaryRecordSchema };

/**
 * A line of a records file as a record.
 *
 * @param complete false for a last line without its end: then it may be `cut_off`
 * @returns `unknown` for a kind of record that a later proctor may write
 * @throws ProctorError of kind `usage`, with file and line
 */
export function parseRecord(
  text: string,
  label: string,
  line: number,
  complete: boolean,
): ProctorRecord | "cut_off" | "unknown" {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    if (!complete) return "cut_off";
    throw usageError(explain(text, label, line));
  }
  const at = `${label}:${line}`;
  const record = value as { kind?: unknown; schema?: unknown };
  if (typeof value !== "object" || value === null || typeof record.kind !== "string") {
    throw usageError(`${at}: JSON, but no record of proctor (it has no "kind"); see proctor schema`);
  }
  if (record.kind === "sample") {
    const fault = checkSample(value as Readonly<Record<string, unknown>>);
    if (fault !== null) throw usageError(`${at}: sample: ${fault}`);
    return value as SampleRecord;
  }
  if (record.kind === "start" && record.schema !== RECORD_SCHEMA) {
    throw usageError(
      `${at}: records of schema ${
        JSON.stringify(record.schema)?.slice(0, LONGEST_SHOWN)
      }; proctor ${VERSION} reads "${RECORD_SCHEMA}"`,
    );
  }
  if (!Object.hasOwn(SCHEMAS, record.kind)) return "unknown";
  const parsed = SCHEMAS[record.kind as keyof typeof SCHEMAS].safeParse(value, IN_OUR_WORDS);
  if (!parsed.success) throw usageError(`${at}: ${record.kind}: ${describeIssues(parsed.error)}`);
  const fault = outOfRange(parsed.data);
  if (fault !== null) throw usageError(`${at}: ${record.kind}: ${fault}`);
  return parsed.data;
}

function explain(text: string, label: string, line: number): string {
  const at = `${label}:${line}`;
  if (line === 1 && /^"?timestamp"?,/.test(text)) {
    return `${label} has records as CSV, which lack start and summary; record with --format jsonl (the default)`;
  }
  // deno-lint-ignore no-control-regex
  if (/[\x00-\x08\x0e-\x1f\ufffd]/.test(text)) return `${at}: binary data, no records (JSON lines)`;
  if (line === 1 && /^\s*[[{]\s*$/.test(text)) {
    return `${at}: JSON over several lines; records are JSON lines, one record a line`;
  }
  return `${at}: no JSON; records are JSON lines, as written by run --records FILE`;
}
