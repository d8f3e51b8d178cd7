import { ProctorError } from "../../../core/error.ts";
import { foreignCallback } from "../../../ffi/mod.ts";
import type { OwnService, ServiceControl } from "../../contract/services.ts";
import { closeHandle } from "../sys/close.ts";
import { errorWords, lastError } from "../sys/last_error.ts";
import { kernel32, libraryNames } from "../sys/libraries.ts";
import { copyOf, Memory, scratchMemory, setI64 } from "../sys/memory.ts";
import { serviceLibrary } from "../sys/service_library.ts";
import { wide } from "../text/wide.ts";
import { STATE, STATUS } from "./service_structures.ts";

const OWN_PROCESS = 0x10;
/** SERVICE_ACCEPT_STOP, SERVICE_ACCEPT_SHUTDOWN and SERVICE_ACCEPT_PARAMCHANGE. */
const ACCEPTED = 1 | 4 | 8;
const CONTROLS: Readonly<Record<number, ServiceControl>> = { 1: "stop", 5: "stop", 6: "reload" };
/** ERROR_SERVICE_SPECIFIC_ERROR: the exit code is one of ours. */
const EXIT_CODE_IS_OURS = 1_066;
/** How long Windows waits for a sign of life, and how often there is one. */
const WAIT_HINT_MS = 10_000;
const SIGN_OF_LIFE_MS = 1_000;
const LOOK_MS = 10;

/** This program as a service, from when Windows has said that it is one. */
class OwnWindowsService implements OwnService {
  #handle = 0;
  readonly #status = new Memory(STATUS.size);
  readonly #signs: ReturnType<typeof setInterval>;
  #asked: ((control: ServiceControl) => void) | undefined;
  #waiting: ServiceControl[] = [];

  constructor(name: string) {
    const control = foreignCallback((number) => this.#take(number), ["u32"]);
    // Windows reads neither after the call, but asks by the address as long as we run.
    const text = copyOf(wide(name));
    this.#handle = serviceLibrary().RegisterServiceCtrlHandlerW(text.address, control.address);
    text.free();
    if (this.#handle === 0) throw new ProctorError("system", notTaken(errorWords(lastError())));
    this.#status.view.setUint32(STATUS.type, OWN_PROCESS, true);
    this.#tell(STATE.startPending);
    this.#signs = setInterval(() => this.#giveSign(), SIGN_OF_LIFE_MS);
  }

  onControl(asked: (control: ServiceControl) => void): void {
    this.#asked = asked;
    this.#waiting.splice(0).forEach(asked);
  }

  isUp(): void {
    if (this.#state === STATE.startPending) this.#tell(STATE.running);
  }

  hasEnded(exitCode: number): void {
    clearInterval(this.#signs);
    const { view } = this.#status;
    view.setUint32(STATUS.exitCode, exitCode === 0 ? 0 : EXIT_CODE_IS_OURS, true);
    view.setUint32(STATUS.ownExitCode, exitCode, true);
    this.#tell(STATE.stopped);
  }

  get #state(): number {
    return this.#status.view.getUint32(STATUS.state, true);
  }

  /** Who asks how it is is answered, too. */
  #take(number: number): void {
    const control = CONTROLS[number];
    if (control === "stop" && this.#state !== STATE.stopped) this.#tell(STATE.stopPending);
    else this.#say();
    if (control === undefined) return;
    if (this.#asked) this.#asked(control);
    else this.#waiting.push(control);
  }

  #tell(state: number): void {
    const { view } = this.#status;
    const isPending = state === STATE.startPending || state === STATE.stopPending;
    view.setUint32(STATUS.state, state, true);
    view.setUint32(STATUS.accepted, state === STATE.running ? ACCEPTED : 0, true);
    view.setUint32(STATUS.checkPoint, isPending ? 1 : 0, true);
    view.setUint32(STATUS.waitHint, isPending ? WAIT_HINT_MS : 0, true);
    this.#say();
  }

  /** What takes long goes on, and has not hung. */
  #giveSign(): void {
    const { view } = this.#status;
    const point = view.getUint32(STATUS.checkPoint, true);
    if (point === 0) return;
    view.setUint32(STATUS.checkPoint, point + 1, true);
    this.#say();
  }

  #say(): void {
    serviceLibrary().SetServiceStatus(this.#handle, this.#status.address);
  }
}

/**
 * Be the service that Windows has started us as. The function that asks Windows what to do ends with the service, so
 * that it has a thread of its own, which is begun right with it; what it calls runs in the event loop.
 * @throws ProctorError of kind `system` where Windows has not started us as one
 */
export async function enterService(name: string): Promise<OwnService> {
  const library = serviceLibrary();
  // So that what we start can be asked to end by Ctrl-Break: a service has no console, and nobody sees this one.
  library.AllocConsole();
  let isCalled = false;
  const main = foreignCallback(() => isCalled = true, ["u32", "usize"]);
  // An entry, and one of zeros that ends the table. Windows reads it as long as we run.
  const [table, text] = [new Memory(32), copyOf(wide(name))];
  setI64(table.view, 0, text.address);
  setI64(table.view, 8, main.address);
  const thread = library.CreateThread(0, 0, dispatcher(), table.address, 0, scratchMemory().address);
  if (thread === 0) throw new ProctorError("system", notTaken(errorWords(lastError())));
  try {
    while (!isCalled && kernel32().WaitForSingleObject(thread, 0) !== 0) {
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
    if (isCalled) return new OwnWindowsService(name);
  } finally {
    closeHandle(thread);
  }
  main.close();
  throw new ProctorError(
    "system",
    notTaken("Windows has not started this program as a service; net start does that"),
  );
}

const notTaken = (why: string) => `this cannot be a service: ${why}`;

function dispatcher(): number {
  const [library, symbol] = [
    copyOf(wide(libraryNames.advapi32)),
    copyOf(Buffer.from("StartServiceCtrlDispatcherW\0")),
  ];
  const address = kernel32().GetProcAddress(kernel32().GetModuleHandleW(library.address), symbol.address);
  library.free();
  symbol.free();
  return address;
}
