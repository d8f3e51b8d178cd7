import { ProctorError } from "../../core/error.ts";
import { compileSoon, drain, readableOf, settle } from "../../ffi/mod.ts";
import type { Platform } from "../contract/platform.ts";
import { closeDirectory } from "./door/access_list.ts";
import { lockFile } from "./door/lock_file.ts";
import { readFindings } from "./findings.ts";
import { JobContainer } from "./job/job_container.ts";
import { launch } from "./launch/launch.ts";
import { resolveCommand } from "./launch/resolve_command.ts";
import {
  keepExitCode,
  ownArguments,
  ownCpuSeconds,
  ownEnvironment,
  ownMemoryBytes,
  ownPeakMemoryBytes,
  readEnvironment,
} from "./own_status.ts";
import { endedChild, endedChildren, hasChildEnded, isChild, openChild, reap } from "./processes/children.ts";
import { heldProcess, onProcessEnd, releaseProcess } from "./processes/held.ts";
import { ObservedTree } from "./processes/observed_tree.ts";
import { WindowsProcessLookup } from "./processes/process_lookup.ts";
import { WindowsProcessReader } from "./processes/process_reader.ts";
import { sendSignal } from "./processes/send_signal.ts";
import { processSnapshot } from "./processes/snapshot.ts";
import {
  endingSignals,
  hasTerminal,
  onSignals,
  signalName,
  signalNumber,
  terminalSignals,
  userSignals,
} from "./signals.ts";
import { closeDescriptor, isPipe, makePipe, openHandle, openNull, readRest } from "./sys/descriptors.ts";
import { fileWriterAtOnce, openForWriting, writeDescriptor } from "./sys/files.ts";
import { nowMicroseconds } from "./sys/times.ts";

/** What is not there yet, or never will be, in one line. */
function refuse(what: string, why = ""): never {
  throw new ProctorError("system", `${what} on Windows${why && `: ${why}`}`);
}

/** Windows: job objects, handles, and the list of all processes. */
export const windows: Platform = {
  ownCpuSeconds,
  ownMemoryBytes,
  ownPeakMemoryBytes,
  ownVoluntarySwitches: () => NaN,
  dropProgramPages: () => {},
  compileSoon,
  environment: readEnvironment,
  findings: readFindings,
  keepExitCode,
  ownArguments,
  ownEnvironment,
  groupsOutliveOwner: false,
  createContainer(request) {
    if (request.exactPeak) {
      refuse(
        "--exact-peak cannot be had",
        "the peak of a job is of what is committed, not of what is resident",
      );
    }
    if (request.mechanism !== undefined) refuse(`there is no ${request.mechanism} to hold a tree by`);
    return new JobContainer(request);
  },
  fallbackContainer: (_request, reason) => refuse(`a tree cannot be held (${reason})`),
  adoptContainer: () => refuse("groups that others have kept cannot be adopted"),
  ownerOf: () => null,
  observeTree: (request) => new ObservedTree(request),
  observeCgroup: () => refuse("there are no control groups"),
  markedProcesses: () => [],
  carriesOtherMark: () => false,
  // A job ends with whoever holds it: nobody has to see to that.
  useReaper: () => {},
  reapMarked: async () => {},
  resolveCommand,
  launch(spec, container) {
    if (!(container instanceof JobContainer)) return refuse("a command is started inside a job object only");
    const launched = launch(spec, container.job);
    if ("pid" in launched) container.noteLaunch();
    return launched;
  },
  asShellScript: () => null,
  openProcess: (pid) => WindowsProcessReader.observe(pid),
  blindness: () => null,
  lookUp: () => new WindowsProcessLookup(),
  isEnding: (pid) => heldProcess(pid) === undefined || hasChildEnded(pid),
  pssBytes: () => NaN,
  bootId: () => processSnapshot.bootId(),
  birthNow: nowMicroseconds,
  signal: sendSignal,
  openChild,
  isChild,
  mayBeOrphan: () => false,
  waitsForAnyMember: true,
  // Who has the handle waits: there are no others to be kept from it.
  holdChild: () => {},
  unholdChild: () => {},
  leaveChild: () => {},
  isHeldElsewhere: () => false,
  endedChild,
  endedChildren,
  hasEnded: hasChildEnded,
  reap,
  // Nobody is killed: out of memory: an allocation fails.
  mayBeOomKill: () => false,
  onChildEnd: onProcessEnd,
  bury(pid) {
    const process = heldProcess(pid);
    if (process) releaseProcess(process);
  },
  makePipe,
  openNull,
  openForWriting,
  closeDescriptor,
  openHandle,
  isPipe,
  changeOwner: () => false,
  readableOf: (descriptor) => readableOf(descriptor, readRest),
  settle,
  drain,
  // No pipe of Windows can be written to without maybe waiting.
  writeAtOnce: () => null,
  fileWriterAtOnce,
  writeDescriptor,
  inheritedDescriptors: () => [],
  keepFromChildren: () => {},
  releaseFileSpace: () => false,
  outputPump: {
    canPump: () => false,
    makeFifo: () => refuse("output cannot be moved by a process of its own"),
    startPump: () => refuse("output cannot be moved by a process of its own"),
    isPumped: () => false,
    hasInput: () => false,
    hasAnyInput: () => false,
  },
  findAccount: () => "Windows does not run commands as another user for proctor",
  closeDirectory,
  keepsPeersOut: true,
  peerUser: () => null,
  lockFile,
  endingSignals,
  userSignals,
  terminalSignals,
  signalName,
  signalNumber,
  onSignals,
  wasIgnored: () => false,
  // All that arrive are the console's, which tells everybody on it.
  trackSignalOrigin: () => () => true,
  hasTerminal,
  // The runtime would not notice what happens meanwhile.
  standStill: () => null,
  machineWaits: () => ({ pressure: null, stealSeconds: NaN, throttledSeconds: [] }),
};
