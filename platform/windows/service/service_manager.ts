import { ProctorError, usageError } from "../../../core/error.ts";
import { bytesAt } from "../../../ffi/mod.ts";
import { nodePath } from "../../../io/builtins.ts";
import type { ServiceRequest, Services } from "../../contract/services.ts";
import { ERROR, errorWords, lastError } from "../sys/last_error.ts";
import { copyOf, getU64, Memory, scratchMemory } from "../sys/memory.ts";
import { serviceLibrary } from "../sys/service_library.ts";
import { commandLine, splitCommandLine } from "../text/command_line.ts";
import { fromWide, wide } from "../text/wide.ts";
import { enterService } from "./own_service.ts";
import { accountNameOf } from "./service_account.ts";
import { takeServiceDirectory } from "./service_directory.ts";
import {
  delayedStart,
  description,
  fewestPrivileges,
  recovery,
  STATE,
  STATUS,
} from "./service_structures.ts";

/** SC_MANAGER_CONNECT, SC_MANAGER_CREATE_SERVICE. */
const CONNECT = 1;
const CREATE = 2;
/** SERVICE_QUERY_CONFIG, _CHANGE_CONFIG, _QUERY_STATUS, _START (recovery may restart it), _STOP, and DELETE. */
const RIGHTS = { queryConfig: 1, changeConfig: 2, queryStatus: 4, start: 0x10, stop: 0x20, remove: 0x10000 };
const OWN_PROCESS = 0x10;
const AUTO_START = 2;
const ERROR_NORMAL = 1;
const CONTROL_STOP = 1;
/** QUERY_SERVICE_CONFIGW: where its command line is. */
const BINARY_PATH_OFFSET = 16;
const CONFIG_BYTES = 8_192;
/** As long as a supervisor may take to stop all that it has. */
const STOP_PATIENCE_MS = 120_000;
const LOOK_MS = 100;

/** What of winerror.h only services have. */
const SERVICE_ERROR = {
  invalidLevel: 124,
  missing: 1_060,
  takesNone: 1_061,
  notActive: 1_062,
  marked: 1_072,
  exists: 1_073,
};
const WORDS: Readonly<Record<number, string>> = {
  [ERROR.accessDenied]: "it takes the rights of an administrator: start proctor with them",
  [SERVICE_ERROR.missing]: "there is no such service",
  [SERVICE_ERROR.marked]:
    "it is about to be removed: close the programs that show it, or restart the machine",
  [SERVICE_ERROR.exists]:
    "there is a service of that name; proctor supervise --remove-service removes one of proctor's",
};

/** Services, as the service control manager has them. */
export const windowsServices: Services = {
  directoryOf(name) {
    const place = process.env.PROGRAMDATA;
    if (place && nodePath().isAbsolute(place)) return `${place}\\proctor\\${name}`;
    throw usageError("there is no directory to keep state in: PROGRAMDATA is not set; write --state-dir");
  },
  install(request) {
    return withManager(request.name, CONNECT | CREATE, (manager) => install(manager, request));
  },
  remove: (name, marks) => withManager(name, CONNECT, (manager) => remove(manager, name, marks)),
  enter: enterService,
};

/** The program stands in quotes whatever its path is: one with a blank could else be taken for a shorter one. */
function quotedLine([program, ...words]: readonly [string, ...string[]]): string {
  const line = commandLine([program, ...words]);
  return line.startsWith('"') ? line : `"${program}"${line.slice(program.length)}`;
}

function install(
  manager: number,
  { name, command, directory, isOurs, ...request }: ServiceRequest,
): string[] {
  const { CreateServiceW: create, CloseServiceHandle: close, DeleteService: forget } = serviceLibrary();
  const rights = RIGHTS.changeConfig | RIGHTS.start | RIGHTS.remove;
  const texts = [name, quotedLine(command), accountNameOf(name)].map((text) => copyOf(wide(text)));
  const [own, line, account] = texts.map(({ address }) => address);
  const kind = [rights, OWN_PROCESS, AUTO_START, ERROR_NORMAL] as const;
  const service = create(manager, own, own, ...kind, line, 0, 0, 0, account, 0);
  const error = service === 0 ? lastError() : 0;
  texts.forEach(free);
  if (error !== 0) throw refusal(name, error);
  try {
    takeServiceDirectory(directory, name, isOurs);
    return [description(request.description), delayedStart, recovery, fewestPrivileges]
      .filter((setting) => !isTaken(service, name, setting))
      .map(({ what }) => `this Windows does not take ${what} of services`);
  } catch (error) {
    forget(service);
    throw error;
  } finally {
    close(service);
  }
}

function isTaken(service: number, name: string, { level, lay }: ReturnType<typeof description>): boolean {
  const memories = lay();
  const done = serviceLibrary().ChangeServiceConfig2W(service, level, memories[0].address) !== 0;
  const error = done ? 0 : lastError();
  memories.forEach(free);
  if (!done && error !== SERVICE_ERROR.invalidLevel) throw refusal(name, error);
  return done;
}

async function remove(manager: number, name: string, marks: readonly string[]): Promise<void> {
  const library = serviceLibrary();
  const text = copyOf(wide(name));
  const rights = RIGHTS.queryConfig | RIGHTS.queryStatus | RIGHTS.stop | RIGHTS.remove;
  const service = library.OpenServiceW(manager, text.address, rights);
  const error = service === 0 ? lastError() : 0;
  text.free();
  if (error !== 0) throw refusal(name, error);
  try {
    const words = splitCommandLine(lineOf(service, name));
    if (!marks.every((mark) => words.includes(mark))) {
      throw usageError(`the service ${name} is none of proctor's; sc delete removes any`);
    }
    await stop(service, name);
    if (library.DeleteService(service) === 0) throw refusal(name, lastError());
  } finally {
    library.CloseServiceHandle(service);
  }
}

function lineOf(service: number, name: string): string {
  const memory = new Memory(CONFIG_BYTES);
  const { address, view } = memory;
  const { QueryServiceConfigW: query } = serviceLibrary();
  const done = query(service, address, CONFIG_BYTES, scratchMemory().address);
  const error = done === 0 ? lastError() : 0;
  // It points into the same memory.
  const at = done === 0 ? address : getU64(view, BINARY_PATH_OFFSET);
  const line = fromWide(bytesAt(at, address + CONFIG_BYTES - at));
  memory.free();
  if (error !== 0) throw refusal(name, error);
  return line;
}

/** It is stopped when this ends. One that is only starting, or stopping already, takes no control: it is waited for. */
async function stop(service: number, name: string): Promise<void> {
  const library = serviceLibrary();
  const status = new Memory(STATUS.size);
  try {
    let isAsked = false;
    for (const end = performance.now() + STOP_PATIENCE_MS;;) {
      isAsked ||= library.ControlService(service, CONTROL_STOP, status.address) !== 0;
      const error = isAsked ? 0 : lastError();
      if (error === SERVICE_ERROR.notActive) return;
      if (error !== 0 && error !== SERVICE_ERROR.takesNone) throw refusal(name, error);
      if (library.QueryServiceStatus(service, status.address) === 0) throw refusal(name, lastError());
      if (status.view.getUint32(STATUS.state, true) === STATE.stopped) return;
      if (performance.now() > end) {
        throw new ProctorError("system", `the service ${name} does not stop; it is still there`);
      }
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  } finally {
    status.free();
  }
}

function withManager<T>(name: string, rights: number, use: (manager: number) => T): T {
  const { OpenSCManagerW: open, CloseServiceHandle: close } = serviceLibrary();
  const manager = open(0, 0, rights);
  if (manager === 0) throw refusal(name, lastError());
  const closeIt = () => void close(manager);
  try {
    const used = use(manager);
    if (used instanceof Promise) return used.finally(closeIt) as T;
    closeIt();
    return used;
  } catch (error) {
    closeIt();
    throw error;
  }
}

function refusal(name: string, code: number): ProctorError {
  return new ProctorError("system", `the service ${name}: ${WORDS[code] ?? errorWords(code)}`);
}

const free = (memory: Memory) => memory.free();
