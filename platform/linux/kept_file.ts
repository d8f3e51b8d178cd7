import { closeFile, openFile, readOpen, readOpenWhole } from "./kernel_file.ts";
import { POLLIN, pollNow, POLLOUT, POLLPRI } from "./poll.ts";

const NOT_OPEN = -1;

/**
 * A kernel file that is read again and again: opened once, read from its beginning each time, which costs half of
 * opening it anew. One that cannot be opened or read is tried again the next time.
 */
export class KeptFile {
  #descriptor = NOT_OPEN;

  constructor(readonly path: string) {}

  /** Read a file that the kernel hands out in one piece into `text`; false when it cannot be read. */
  read(): boolean {
    return this.#by(readOpen);
  }

  /** As {@link read}, for files of many records, which the kernel hands out piecewise. */
  readWhole(): boolean {
    return this.#by(readOpenWhole);
  }

  /**
   * Whether the kernel says that a file it announces changes of (`mountinfo`) is the same as at the last call. Of a
   * file on a disk that cannot be told: it is never said to be the same.
   */
  isUnchanged(): boolean {
    if (this.#descriptor === NOT_OPEN) return false;
    // What lies on a disk can always be written to as far as poll(2) knows; a file of /proc cannot.
    return pollNow(this.#descriptor, POLLIN | POLLOUT | POLLPRI) === POLLIN;
  }

  /** Let go of the descriptor. */
  close(): void {
    if (this.#descriptor !== NOT_OPEN) closeFile(this.#descriptor);
    this.#descriptor = NOT_OPEN;
  }

  #by(read: (descriptor: number) => boolean): boolean {
    if (this.#descriptor === NOT_OPEN) this.#descriptor = openFile(this.path);
    if (this.#descriptor < 0) return false;
    if (read(this.#descriptor)) return true;
    this.close();
    return false;
  }
}
