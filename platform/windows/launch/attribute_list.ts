import { ProctorError } from "../../../core/error.ts";
import { errorWords, lastError } from "../sys/last_error.ts";
import { kernel32 } from "../sys/libraries.ts";
import { getU64, Memory, scratchMemory, setI64 } from "../sys/memory.ts";

/** PROC_THREAD_ATTRIBUTE_…. */
const HANDLE_LIST = 0x20002;
const JOB_LIST = 0x2000d;

/** What a process is born with: the job it is in from its first instruction, and the handles it inherits. */
export class AttributeList {
  readonly #list: Memory;
  /** What attributes point to has to live as long as the list. */
  readonly #values: Memory;

  /**
   * @param job handle of a job object
   * @param handles inheritable ones, each once: nothing else is inherited
   * @throws ProctorError of kind `system` when Windows does not take them
   */
  constructor(job: number, handles: readonly number[]) {
    const count = handles.length > 0 ? 2 : 1;
    const { address: needed, view } = scratchMemory();
    setI64(view, 0, 0);
    // Fails, and tells how large the list is going to be.
    kernel32().InitializeProcThreadAttributeList(0, count, 0, needed);
    this.#list = new Memory(getU64(view, 0) || 1_024);
    this.#values = new Memory((1 + handles.length) * 8);
    setI64(view, 0, this.#list.size);
    this.#check(kernel32().InitializeProcThreadAttributeList(this.#list.address, count, 0, needed));
    this.#add(JOB_LIST, 0, [job]);
    if (handles.length > 0) this.#add(HANDLE_LIST, 8, handles);
  }

  get address(): number {
    return this.#list.address;
  }

  /** Give it back; to be called when the process has been made. */
  free(): void {
    kernel32().DeleteProcThreadAttributeList(this.#list.address);
    this.#list.free();
    this.#values.free();
  }

  #add(attribute: number, offset: number, values: readonly number[]): void {
    values.forEach((value, index) => setI64(this.#values.view, offset + index * 8, value));
    const { address } = this.#values;
    this.#check(
      kernel32().UpdateProcThreadAttribute(
        this.#list.address,
        0,
        attribute,
        address + offset,
        values.length * 8,
        0,
        0,
      ),
    );
  }

  #check(done: number): void {
    if (done !== 0) return;
    const why = errorWords(lastError());
    throw new ProctorError("system", `no process can be started inside a job (Windows 10 is needed): ${why}`);
  }
}
