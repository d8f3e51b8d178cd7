import { nodeFs, nodePath } from "../../../io/builtins.ts";
import type { Launched, LaunchFailure, LaunchSpec } from "../../contract/launch.ts";
import type { Job } from "../job/job.ts";
import { holdProcess } from "../processes/held.ts";
import { closeHandle, INVALID } from "../sys/close.ts";
import { handleOf } from "../sys/descriptors.ts";
import { ERROR, errorWords, lastError } from "../sys/last_error.ts";
import { kernel32 } from "../sys/libraries.ts";
import { copyOf, getI64, Memory, scratchMemory } from "../sys/memory.ts";
import { batchCommandLine, commandLine } from "../text/command_line.ts";
import { environmentBlock } from "../text/environment_block.ts";
import { fromUtf8, fromWide, wide } from "../text/wide.ts";
import { AttributeList } from "./attribute_list.ts";
import { layOutStartup, STARTED, STARTUP } from "./startup_structures.ts";

const CREATE_NEW_PROCESS_GROUP = 0x200;
const CREATE_UNICODE_ENVIRONMENT = 0x400;
const EXTENDED_STARTUPINFO_PRESENT = 0x80000;
const DUPLICATE_SAME_ACCESS = 2;
const THIS_PROCESS = -1;

/** Errors that are the file's fault. */
const OF_THE_FILE: readonly number[] = [
  ERROR.fileNotFound,
  ERROR.pathNotFound,
  ERROR.accessDenied,
  ERROR.badFormat,
  ERROR.wrongMachine,
  ERROR.elevationRequired,
];

/**
 * Start a command inside a job, where it is from its first instruction. It inherits its three standard streams, and
 * nothing else.
 * @throws ProctorError when its words cannot be said in a command line, or Windows has no jobs at birth
 */
export function launch(spec: LaunchSpec, job: Job): Launched | LaunchFailure {
  const refusal = refusalOf(spec);
  if (refusal) return refusal;
  const file = fromUtf8(spec.file);
  const { application, line } = wordsOf(file, spec.args.map(fromUtf8));
  const inputs = [wide(application), wide(line), environmentBlock(spec.env.map(fromUtf8))].map(copyOf);
  const directory = spec.cwd === undefined ? undefined : copyOf(wide(nodePath().resolve(spec.cwd)));
  const structures = new Memory(STARTUP.size + STARTED.size);
  const [input, output, error] = spec.stdio.map(inheritable);
  const streams = [input, output, error] as const;
  let attributes: AttributeList | undefined;
  try {
    attributes = new AttributeList(job.handle, streams.filter(isHandle));
    layOutStartup(structures.view, streams, attributes.address);
    const started = kernel32().CreateProcessW(
      inputs[0].address,
      inputs[1].address,
      0,
      0,
      streams.some(isHandle) ? 1 : 0,
      CREATE_UNICODE_ENVIRONMENT | EXTENDED_STARTUPINFO_PRESENT |
        (spec.ownSession ? CREATE_NEW_PROCESS_GROUP : 0),
      inputs[2].address,
      directory?.address ?? 0,
      structures.address,
      structures.address + STARTUP.size,
    );
    if (started === 0) return failure(lastError());
    return taken(structures.view, spec.ownSession === true);
  } finally {
    attributes?.free();
    streams.forEach(closeHandle);
    for (const memory of [...inputs, structures]) memory.free();
    directory?.free();
  }
}

function taken(view: DataView, leadsGroup: boolean): Launched {
  const pid = view.getUint32(STARTUP.size + STARTED.pid, true);
  closeHandle(getI64(view, STARTUP.size + STARTED.thread));
  holdProcess(pid, getI64(view, STARTUP.size + STARTED.process), leadsGroup);
  return { pid };
}

function refusalOf({ credentials, fileLimit, inherited, cwd }: LaunchSpec): LaunchFailure | null {
  const refused = (stage: LaunchFailure["stage"], message: string) => ({
    stage,
    errno: ERROR.notSupported,
    message,
  });
  if (credentials) return refused("credentials", "Windows does not know users by numbers");
  if (fileLimit !== undefined) return refused("file_limit", "Windows has no limit of open files");
  if (inherited?.length) return refused("spawn", "Windows passes on no descriptors above 2");
  if (cwd === undefined) return null;
  const found = nodeFs().statSync(cwd, { throwIfNoEntry: false });
  if (found?.isDirectory()) return null;
  return {
    stage: "cwd",
    errno: ERROR.directory,
    message: found ? "it is not a directory" : "no such directory",
  };
}

/**
 * A batch file is a program for cmd.exe, and for that of the system, whatever PATH says. Windows passes over dots and
 * blanks at the end of a name.
 */
function wordsOf(file: string, args: readonly string[]): { application: string; line: string } {
  if (!/\.(?:bat|cmd)[. ]*$/i.test(file)) return { application: file, line: commandLine(args) };
  return { application: `${systemDirectory()}\\cmd.exe`, line: batchCommandLine(file, args.slice(1)) };
}

function systemDirectory(): string {
  const { address, bytes, size } = scratchMemory();
  const length = kernel32().GetSystemDirectoryW(address, size / 2);
  return fromWide(bytes.subarray(0, length * 2));
}

/** A handle of its own for the child, which only it inherits; 0 where there is nothing to inherit. */
function inheritable(descriptor: number): number {
  const handle = handleOf(descriptor);
  if (!isHandle(handle)) return 0;
  const { address, view } = scratchMemory();
  const done = kernel32().DuplicateHandle(
    THIS_PROCESS,
    handle,
    THIS_PROCESS,
    address,
    0,
    1,
    DUPLICATE_SAME_ACCESS,
  );
  return done === 0 ? 0 : getI64(view, 0);
}

function isHandle(handle: number): boolean {
  return handle !== 0 && handle !== INVALID;
}

function failure(code: number): LaunchFailure {
  return { stage: OF_THE_FILE.includes(code) ? "exec" : "spawn", errno: code, message: errorWords(code) };
}
