import { text } from "../proc/kernel_file.ts";
import { KeptFile } from "../proc/kept_file.ts";
import { PAGE_SIZE } from "../proc/page_size.ts";
import { parseProcStatm } from "../proc/proc_statm.ts";

const statm = { residentPages: NaN, codePages: NaN };

/** The memory of a process by `/proc/PID/statm`: the cheapest file that also tells whether it is there. */
export class ResidentMemory {
  readonly #file: KeptFile;
  /** Whether the file could not be kept open: for want of descriptors, mostly. */
  #isRefused = false;
  #codePages = NaN;

  constructor(pid: number) {
    this.#file = new KeptFile(`/proc/${pid}/statm`);
  }

  /** Whether what is read next is of the same process as before. */
  get isOpen(): boolean {
    return this.#file.isOpen;
  }

  /** The descriptor of the file, which is then of the same process as before; negative while it is not open. */
  get descriptor(): number {
    return this.#file.descriptor;
  }

  /** Bytes; 0 once it has ended, or its main thread has; NaN where it cannot be read. */
  read(): number {
    if (!this.#file.read()) return NaN;
    parseProcStatm(text.bytes, text.length, statm);
    this.#codePages = statm.codePages;
    return statm.residentPages * PAGE_SIZE;
  }

  /**
   * Bytes of the same process, which lives and runs the same program as at the call before; 0 where nobody can tell.
   * The first call opens the file by the PID, which may be another's by now: whoever finds that it is has to close it.
   */
  readOfSame(): number {
    if (this.#isRefused) return 0;
    const wasOpen = this.isOpen;
    const codePagesBefore = this.#codePages;
    const bytes = this.read();
    if (!wasOpen) this.#isRefused = !this.isOpen;
    return wasOpen && this.#codePages === codePagesBefore && bytes > 0 ? bytes : 0;
  }

  /** Let go of the file. */
  close(): void {
    this.#file.close();
  }
}
