import { printableJsonText } from "../../core/printable.ts";
import { printableLine } from "../../core/printable_line.ts";
import { nameColor } from "./display.ts";
import type { NameColumn } from "./display.ts";
import type { LogEntry } from "./entry.ts";
import { eachLine, encodeEntry } from "./format.ts";
import { LogFile } from "./log_file.ts";
import type { OwnStream } from "./own_stream.ts";
import type { LogTarget } from "./resolve.ts";

/** Where entries go in the end. */
export interface LogOutput {
  readonly target: LogTarget;
  /** The file, when it is one. */
  readonly file: LogFile | null;
  /** Write those of the target's streams; what cannot be written is tried again, or dropped, as the owner says. */
  write(entries: readonly LogEntry[], nowMs: number): Promise<void>;
  /** Nothing more is written by it. */
  close?(): void | Promise<void>;
}

/** Lines that could not be written. */
export interface WriteFailure {
  readonly error: NodeJS.ErrnoException;
  /** What was tried; default: to write. */
  readonly deed?: "read";
  readonly path: string;
  readonly lines: number;
  /** Whether the write before it went well. */
  readonly isFirst: boolean;
}

/**
 * What becomes of lines that could not be written: waits as long as it likes, and says whether to try again. When it
 * throws, so does `write`.
 */
export type OnWriteFailure = (failure: WriteFailure) => Promise<boolean>;

const NEWLINE = Uint8Array.of(10);

/** A file of one process, or of all together. */
export class FileOutput implements LogOutput {
  readonly file: LogFile;
  /** One write at a time: what several processes write to is theirs by turns. */
  #last: Promise<void> = Promise.resolve();
  #isFailing = false;
  /**
   * The process in the middle of whose line the file ends; null: it ends with a whole line, undefined: not known yet.
   */
  #openLine: string | null | undefined;

  /** @throws an error with a `code` of the file system */
  constructor(
    readonly target: Extract<LogTarget, { type: "file" }>,
    readonly onFailure: OnWriteFailure,
    nowMs: number,
    /** Whether one process alone writes to it. */
    readonly isOfOne = true,
  ) {
    this.file = LogFile.open(target.path, target.rotation, nowMs);
  }

  write(entries: readonly LogEntry[], nowMs: number): Promise<void> {
    const { streams } = this.target;
    const mine = entries.filter(({ stream }) => streams.includes(stream));
    if (mine.length === 0) return Promise.resolve();
    const done = this.#last.then(() => this.#append(this.#encode(mine), mine.length, nowMs));
    this.#last = done.catch(() => {});
    return done;
  }

  #encode(entries: readonly LogEntry[]): Uint8Array {
    const { format, prefix, streams } = this.target;
    if (format !== "plain") {
      return Buffer.concat(entries.map((entry) => encodeEntry(entry, format, prefix)));
    }
    const pieces: Uint8Array[] = [];
    for (const entry of entries) {
      const whose = `${entry.stream} ${entry.id}`;
      if (this.#openLine === undefined) {
        // Left by an earlier supervisor: where there is but one stream, it is the line of that.
        const isSure = this.isOfOne && streams.length === 1 && prefix === "";
        this.#openLine = this.file.endsLine ? null : isSure ? whose : "";
      }
      const goesOn = this.#openLine === whose && !entry.isNotice;
      if (this.#openLine !== null && !goesOn) pieces.push(NEWLINE);
      pieces.push(encodeEntry(entry, format, prefix, goesOn));
      this.#openLine = entry.isPartial ? whose : null;
    }
    return Buffer.concat(pieces);
  }

  close(): Promise<void> {
    return this.file.close();
  }

  /** What time asks of the file, between two writes. */
  maintain(nowMs: number): void {
    this.#last = this.#last.then(() => this.file.maintain(nowMs)).catch(() => {});
  }

  async #append(bytes: Uint8Array, lines: number, nowMs: number): Promise<void> {
    for (;;) {
      try {
        await this.file.append(bytes, nowMs);
        this.#isFailing = false;
        return;
      } catch (error) {
        const isFirst = !this.#isFailing;
        this.#isFailing = true;
        const failure = { error: error as NodeJS.ErrnoException, path: this.target.path, lines, isFirst };
        if (!await this.onFailure(failure)) return;
      }
    }
  }
}

/** The same, with nothing in it that would steer a terminal. */
function forTerminal(entry: LogEntry): LogEntry {
  const lines = new TextDecoder().decode(entry.bytes).split("\n");
  return { ...entry, bytes: new TextEncoder().encode(lines.map((line) => printableLine(line)).join("\n")) };
}

const RED = 31;

/** Our own standard output or error. */
export class OwnStreamOutput implements LogOutput {
  readonly file = null;
  readonly #isColored: boolean;

  /**
   * @param turn the how manyth process it is, for its colour
   * @param names of all whose lines are shown together: then each process has one colour, and lines one column
   */
  constructor(
    readonly target: Extract<LogTarget, { type: "stdout" | "stderr" }>,
    readonly own: OwnStream,
    readonly turn: number,
    colorsWelcome: boolean,
    readonly names?: NameColumn,
  ) {
    this.#isColored = target.color === "always" ||
      (target.color === "auto" && own.isTerminal && colorsWelcome);
  }

  write(entries: readonly LogEntry[]): Promise<void> {
    const { streams, format, prefix } = this.target;
    const mine = entries.filter(({ stream }) => streams.includes(stream));
    const lines = mine.map((written) => {
      const entry = this.own.isTerminal ? forTerminal(written) : written;
      // Whose line it is stands in what is enhanced, and in JSON; before a plain one it has to be put.
      if (format === "json") {
        const line = new TextDecoder().decode(encodeEntry(written, format, ""));
        return new TextEncoder().encode(`${printableJsonText(line.slice(0, -1))}\n`);
      }
      const name = this.names?.padded(entry.id) ?? entry.id;
      const label = prefix !== "" ? prefix : format === "plain" ? name : "";
      if (label === "" && !this.#isColored) return encodeEntry(entry, format, "");
      return this.#labelled(entry, label);
    });
    if (lines.length > 0) this.own.write(Buffer.concat(lines), lines.length);
    return Promise.resolve();
  }

  #labelled(entry: LogEntry, label: string): Uint8Array {
    const { format } = this.target;
    const color = entry.stream === "stderr" && !this.names ? RED : nameColor(this.turn);
    const paint = (text: string) => this.#isColored && text !== "" ? `\x1b[${color}m${text}\x1b[0m` : text;
    if (format === "plain") {
      const lead = new TextEncoder().encode(`${paint(`${label} |`)} ${entry.isNotice ? "proctor: " : ""}`);
      return Buffer.concat([...eachLine(entry.bytes, lead, lead), Uint8Array.of(10)]);
    }
    const text = encodeEntry(entry, format, "");
    if (!this.#isColored) return Buffer.concat([new TextEncoder().encode(`${label} `), text]);
    // The head is ours and ASCII, but for the id: up to its sign it is painted.
    const head = Buffer.from(text).indexOf(` ${entry.isNotice ? "!" : entry.isPartial ? "+" : "|"} `);
    const lead = `${label === "" ? "" : `${label} `}${Buffer.from(text.subarray(0, head)).toString()}`;
    return Buffer.concat([new TextEncoder().encode(paint(lead)), text.subarray(head)]);
  }
}
