import { POLLIN, pollNow, POLLOUT, POLLPRI } from "../sys/poll.ts";
import { hold, unhold } from "./held_files.ts";
import { closeFile, isMissing, openFile, readOpen, readOpenWhole } from "./kernel_file.ts";

const NOT_OPEN = -1;

/**
 * A kernel file that is read again and again: opened once, read from its beginning each time, which costs half of
 * opening it anew. Where descriptors are scarce it is opened for each read. One that cannot be opened or read is tried
 * again the next time.
 */
export class KeptFile {
  #descriptor = NOT_OPEN;

  constructor(readonly path: string) {}

  /** A file that is open already; the descriptor is ours from now on. */
  static around(path: string, descriptor: number): KeptFile {
    const file = new KeptFile(path);
    if (hold(file)) file.#descriptor = descriptor;
    else closeFile(descriptor);
    return file;
  }

  /** Whether it is open, so that what is read next is of the same file (of /proc: of the same process) as before. */
  get isOpen(): boolean {
    return this.#descriptor !== NOT_OPEN;
  }

  /** The descriptor by which it is kept open; negative while it is not. */
  get descriptor(): number {
    return this.#descriptor;
  }

  /** Read a file that the kernel hands out in one piece into `text`; false when it cannot be read. */
  read(): boolean {
    return this.#by(readOpen);
  }

  /** As {@link read}, for files of many records, which the kernel hands out piecewise. */
  readWhole(): boolean {
    return this.#by(readOpenWhole);
  }

  /** Whether there is such a file, as far as can be told: one that is out of reach for now is. */
  exists(): boolean {
    return this.read() || !isMissing();
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
    if (this.#descriptor === NOT_OPEN) return;
    closeFile(this.#descriptor);
    unhold(this);
    this.#descriptor = NOT_OPEN;
  }

  #by(read: (descriptor: number) => boolean): boolean {
    if (this.#descriptor !== NOT_OPEN) {
      if (read(this.#descriptor)) return true;
      this.close();
      return false;
    }
    const descriptor = openFile(this.path);
    if (descriptor < 0) return false;
    const done = read(descriptor);
    if (done && hold(this)) this.#descriptor = descriptor;
    else closeFile(descriptor);
    return done;
  }
}
