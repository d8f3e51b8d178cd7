import { nodeFs, nodePath, nodeZlib } from "../../io/builtins.ts";
import { ownDescriptor } from "../../io/own_descriptor.ts";
import { usageError } from "../../core/error.ts";
import { isReplaceable, isWritable } from "../../platform/mod.ts";

/** What an option writes: by it a file of ours is recognised. */
export type OutputKind =
  | "records"
  | "compressed"
  | "csv"
  | "page"
  | "svg"
  | "png"
  | "summary"
  | "comparison"
  | "metrics"
  | "series_json"
  | "series_csv"
  | "series_markdown"
  | "series_asciidoc";

/** A file that an option names. */
export interface OutputFile {
  /** As the user wrote it: `--records`. */
  readonly option: string;
  readonly path: string;
  readonly kind: OutputKind;
  /** Whether it is opened and written to, and never replaced by another file: then its own rights protect it. */
  readonly isInPlace?: boolean;
}

const HEAD_BYTES = 2_048;
/** As much as deflate makes of a head, and more. */
const MOST_PLAIN_BYTES = 1_100 * HEAD_BYTES;

const RECORDS = /^\{"(?:kind":"(?:start|sample|process|summary)"|task_id":|proplet_id":)/;

/** How files of ours begin; of compressed ones what is in them. */
const BEGINNINGS: Readonly<Record<OutputKind, RegExp>> = {
  records: RECORDS,
  compressed: RECORDS,
  csv: /^"?timestamp"?,"?elapsed_seconds"?,/,
  page: /^<!DOCTYPE html>[^]*<meta name="generator" content="proctor /i,
  svg: /^<svg [^>]*font-family="Inter, system-ui, /,
  png: /^\x89PNG\r\n[^]{0,64}tEXtSoftware\0proctor/,
  summary: /^(?:proctor {2}|\{"kind":"(?:summary|comparison)"|.* {2}\d+ runs? of )/,
  comparison: /^(?:\{"kind":"comparison"|.* {2}\d+ runs? of |\| {2}\| .*\(\d+ runs?\))/,
  metrics: /^# (?:HELP|TYPE|UNIT) proctor_/,
  series_json: /^\{\s*"kind": ?"series"/,
  series_csv: /^command,mean,stddev,median,user,system,min,max,/,
  series_markdown: /^\| Command \| wall \| range \|/,
  series_asciidoc: /^\[cols="<(?:,>)+"\]\n\|===\n\| Command\n\| wall\n/,
};

const WORDS: Readonly<Record<OutputKind, string>> = {
  records: "records",
  compressed: "compressed records",
  csv: "records as CSV",
  page: "a report",
  svg: "a plot",
  png: "a plot",
  summary: "a summary",
  comparison: "a comparison",
  metrics: "metrics",
  series_json: "results as JSON",
  series_csv: "results as CSV",
  series_markdown: "results as Markdown",
  series_asciidoc: "results as AsciiDoc",
};

/**
 * Look at the files that options are about to write, before anything is.
 *
 * @param force whether files that are not ours may be overwritten
 * @param inputs what is read: an output is never one of them
 * @throws ProctorError of kind `usage` for an output that is an input or another output, or somebody else's file
 */
export function checkOutputFiles(
  outputs: readonly OutputFile[],
  { force, inputs = [] }: { readonly force: boolean | undefined; readonly inputs?: readonly string[] },
): void {
  const read = new Map(
    inputs.map((input) => [input === "-" ? identityOf("/dev/stdin") : identityOf(input), input]),
  );
  const written = new Map<string, OutputFile>();
  for (const output of outputs) {
    const { option, path, kind } = output;
    const identity = identityOf(path);
    if (identity === null) continue;
    const input = read.get(identity);
    if (input !== undefined) {
      const name = input === "-" ? "standard input" : input;
      throw usageError(`${option}: ${path} is what is read (${name}); write to another file`);
    }
    const other = written.get(identity);
    if (other) throw usageError(`${option}: ${path} is what ${other.option} writes, too; name another file`);
    written.set(identity, output);
    if (!force && isForeign(output)) {
      throw usageError(
        `${option}: ${path} is there and is not ${WORDS[kind]} of proctor; --force overwrites it`,
      );
    }
  }
}

/**
 * The old files of a file that begins anew, as far as they are there: they are renamed, and the oldest is removed.
 * @param keep how many of them stay
 */
export function rotatedFiles(option: string, path: string, keep: number): OutputFile[] {
  const { basename, dirname, join } = nodePath();
  let names: string[];
  try {
    names = nodeFs().readdirSync(dirname(path));
  } catch {
    return []; // Nothing is renamed there, either.
  }
  const start = `${basename(path)}.`;
  return names.flatMap((name) => {
    const [, number, gz] = (name.startsWith(start) && /^([1-9]\d*)(\.gz)?$/.exec(name.slice(start.length))) ||
      [];
    if (number === undefined || Number(number) > keep) return [];
    return {
      option,
      path: join(dirname(path), name),
      kind: gz ? "compressed" : "records",
    };
  });
}

/**
 * Look again at a file that is written at the end of a run: its command may have made one of that name.
 * @returns why it is not to be written; undefined when it may be
 */
export function madeByOthers(path: string, kind: OutputKind): string | undefined {
  try {
    if (!isForeign({ path, kind })) return undefined;
  } catch {
    return undefined; // Writing tells.
  }
  return `something has made it meanwhile that is not ${WORDS[kind]} of proctor; --force overwrites it`;
}

/** A plain file by what it is, or a place where none is yet by its path; null for what is open, no file, or faulty. */
function identityOf(path: string): string | null {
  if (ownDescriptor(path) !== null) return null;
  const { basename, dirname, join } = nodePath();
  try {
    const found = nodeFs().statSync(path, { bigint: true, throwIfNoEntry: false });
    if (found) return found.isFile() ? `${found.dev}:${found.ino}` : null;
    return join(nodeFs().realpathSync(dirname(path)), basename(path));
  } catch {
    return null;
  }
}

/** Whether it is a plain file with something in it that proctor has not written. */
function isForeign({ path, kind, isInPlace = false }: Omit<OutputFile, "option">): boolean {
  // What is open already is written to from where it stands.
  if (ownDescriptor(path) !== null) return false;
  const found = nodeFs().statSync(path, { throwIfNoEntry: false });
  if (!found?.isFile() || found.size === 0) return false;
  // What cannot be written is not overwritten: that is told by whoever tries.
  if (!isWritable(path) && (isInPlace || !isReplaceable(path, found.uid))) return false;
  return !BEGINNINGS[kind].test(headOf(path, kind === "compressed"));
}

/** The beginning of a file; empty where it cannot be read. */
function headOf(path: string, isCompressed: boolean): string {
  const { closeSync, openSync, readSync } = nodeFs();
  try {
    const descriptor = openSync(path, "r");
    try {
      const head = Buffer.alloc(HEAD_BYTES);
      const bytes = head.subarray(0, readSync(descriptor, head, 0, HEAD_BYTES, 0));
      const plain = isCompressed ? plainHead(bytes) : bytes;
      return plain.toString("latin1");
    } finally {
      closeSync(descriptor);
    }
  } catch {
    return "";
  }
}

/** What a compressed head holds, as far as it goes. */
function plainHead(bytes: Uint8Array): Buffer {
  const { constants, gunzipSync } = nodeZlib();
  return gunzipSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: MOST_PLAIN_BYTES });
}

/** Endings that say what a file holds, of which none holds records. */
const FOREIGN_TO_RECORDS = new Set(
  [
    ".htm",
    ".html",
    ".svg",
    ".png",
    ".pdf",
    ".gz",
    ".zst",
    ".xz",
    ".zip",
    ".tsv",
    ".xml",
    ".yaml",
    ".yml",
    ".xlsx",
  ]
    .concat([".parquet", ".prom", ".md"]),
);

/**
 * The format of a file of records: the one that was asked for, or the one that its name says; JSON lines otherwise.
 * @throws ProctorError of kind `usage` for a name that says something else
 */
export function recordsFormat(path: string | undefined, asked: "jsonl" | "csv" | undefined): "jsonl" | "csv" {
  const ending = path === undefined ? "" : nodePath().extname(path).toLowerCase();
  if (FOREIGN_TO_RECORDS.has(ending)) {
    throw usageError(
      `--records: "${path}" has a name that records have not: they are JSON lines (.jsonl) or CSV (.csv)`,
    );
  }
  if (ending === ".csv" && asked === "jsonl") {
    throw usageError(`--format: "${path}" is to be JSON lines and is called CSV; leave out one of them`);
  }
  return asked ?? (ending === ".csv" ? "csv" : "jsonl");
}

/**
 * Refuse a page with a name of something else.
 * @throws ProctorError of kind `usage`
 */
export function checkPageName(option: string, path: string): void {
  const ending = nodePath().extname(path).toLowerCase();
  if (path === "-" || path.startsWith("/dev/") || [".html", ".htm", ""].includes(ending)) return;
  throw usageError(`${option}: "${path}" is not a name of a page; write one that ends in .html`);
}
