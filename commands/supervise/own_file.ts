import { join } from "node:path";
import { OWN_LOG_NAME } from "../../supervisor/kept/file_names.ts";
import { LogFile } from "../../supervisor/logs/log_file.ts";
import type { OwnLines } from "./own_lines.ts";
import { dated } from "./own_lines.ts";

const ROTATION = {
  isEnabled: true,
  maxBytes: 10 * 2 ** 20,
  intervalMs: null,
  maxFiles: 5,
  maxAgeMs: null,
  compress: true,
} as const;

/** A file for what a supervisor in the background says, which is set aside when it has become large. */
export class OwnFile {
  readonly #file: LogFile;
  /** One write at a time. */
  #last: Promise<unknown> = Promise.resolve();

  /** @throws an error with a `code` of the file system */
  constructor(directory: string) {
    this.#file = LogFile.open(join(directory, OWN_LOG_NAME), ROTATION, Date.now());
  }

  get path(): string {
    return this.#file.path;
  }

  /** What cannot be written there is lost: nobody is left to tell. */
  readonly lines: OwnLines = (level, line) => {
    const bytes = new TextEncoder().encode(dated(level, line));
    this.#last = this.#last.then(() => this.#file.append(bytes, Date.now())).catch(() => {});
  };

  async close(): Promise<void> {
    await this.#last;
    await this.#file.close();
  }
}
