import { compileSoon, drain, readableOf, settle } from "../../ffi/mod.ts";
import { onChildEnd } from "../posix/child_signal.ts";
import { openHandle } from "../posix/open_handle.ts";
import { useReaper } from "../posix/reaper_command.ts";
import { resolveCommand } from "../posix/resolve_command.ts";
import { endingSignals, onSignals, terminalSignals, userSignals } from "../posix/signals.ts";
import type { Platform } from "../contract/platform.ts";
import { findAccount } from "./users/account.ts";
import { birthNow, bootId } from "./proc/boot_time.ts";
import { CgroupContainer } from "./cgroup/cgroup_container.ts";
import { adoptContainer, createContainer, observe, subreaper } from "./cgroup/containment.ts";
import { ownCpuSeconds } from "./processes/cpu_clock.ts";
import { ownVoluntarySwitches } from "./processes/own_switches.ts";
import { carriesOtherMark } from "./processes/descent.ts";
import { DescentContainer } from "./processes/descent_container.ts";
import {
  changeOwner,
  inheritedDescriptors,
  keepFromChildren,
  makePipe,
  openNull,
  readRest,
} from "./sys/descriptors.ts";
import { readEnvironment } from "./launch/environment.ts";
import { whyNotExecutable } from "./launch/executability.ts";
import { readFindings } from "./cgroup/findings.ts";
import { ObservedCgroup } from "./cgroup/observed_cgroup.ts";
import { descriptorKind } from "./sys/file_mode.ts";
import { ownerOf } from "./cgroup/group_directories.ts";
import { releaseFileSpace } from "./sys/file_space.ts";
import { closeFile } from "./proc/kernel_file.ts";
import { launch } from "./launch/launch.ts";
import { lockFile } from "./sys/lock_file.ts";
import { markedProcesses } from "./launch/marked.ts";
import { canPump, hasAnyInput, hasInput, isPumped, makeFifo, startPump } from "./launch/output_pump.ts";
import { ownMemoryBytes, ownPeakMemoryBytes, wasIgnored } from "./launch/own_status.ts";
import { demandOwnProc, foreignProc } from "./proc/own_proc.ts";
import { ownArguments, ownEnvironment } from "./launch/own_words.ts";
import { peerUser } from "./users/peer_user.ts";
import { isEnding } from "./processes/is_ending.ts";
import { readMachineWaits } from "./machine/machine_waits.ts";
import { LinuxProcessClocks } from "./processes/process_clocks.ts";
import { LinuxStillProcesses } from "./processes/still_processes.ts";
import { LinuxProcessLookup } from "./processes/process_lookup.ts";
import { LinuxProcessReader } from "./processes/process_reader.ts";
import { pssBytes } from "./proc/proc_smaps_rollup.ts";
import { reapMarked } from "./launch/reap.ts";
import { sendSignal } from "./processes/send_signal.ts";
import { holdChild, isHeldElsewhere, leaveChild, unholdChild } from "./processes/shared_children.ts";
import { signalName, signalNumber } from "./processes/signal.ts";
import { trackSignalOrigin } from "./launch/signal_origin.ts";
import { asShellScript } from "./launch/shell_script.ts";
import { dropProgramPages } from "./sys/drop_program_pages.ts";
import { standStill } from "./sys/stand_still.ts";
import { hasTerminal } from "./sys/terminal.ts";
import { openForWriting, writeDescriptor } from "./sys/async_write.ts";
import { bury, endedChild, endedChildren, hasEnded, isChild, mayBeOrphan, reap } from "./processes/wait.ts";
import { fileWriterAtOnce } from "./sys/write_file_at_once.ts";
import { writeAtOnce } from "./sys/write_at_once.ts";

/** Linux: /proc, cgroup v2, clone3 and waitid. */
export const linux: Platform = {
  ownCpuSeconds,
  ownMemoryBytes,
  ownPeakMemoryBytes,
  ownVoluntarySwitches,
  dropProgramPages,
  compileSoon,
  environment: readEnvironment,
  groupsOutliveOwner: true,
  createContainer,
  fallbackContainer: subreaper,
  adoptContainer,
  ownerOf,
  bootId,
  carriesOtherMark,
  useReaper,
  reapMarked,
  markedProcesses,
  observeTree: observe,
  observeCgroup: (request, places) => new ObservedCgroup(request, places),
  launch: (spec, container) =>
    container instanceof CgroupContainer || container instanceof DescentContainer
      ? container.launch(spec)
      : launch(spec),
  makePipe,
  openNull,
  changeOwner,
  closeDescriptor: closeFile,
  readableOf: (descriptor) => readableOf(descriptor, readRest),
  settle,
  drain,
  resolveCommand: (name, env, cwd) => resolveCommand(whyNotExecutable, name, env, cwd),
  openProcess(pid, wanted) {
    demandOwnProc();
    return LinuxProcessReader.open(pid, wanted);
  },
  clocks: () => new LinuxProcessClocks(),
  stillProcesses: () => LinuxStillProcesses.open(),
  openChild: (pid, wanted) => LinuxProcessReader.openChild(pid, wanted),
  blindness: foreignProc,
  lookUp() {
    demandOwnProc();
    return new LinuxProcessLookup();
  },
  isEnding,
  pssBytes,
  machineWaits: readMachineWaits,
  holdChild,
  unholdChild,
  leaveChild,
  isHeldElsewhere,
  bury,
  isChild,
  mayBeOrphan,
  endedChild,
  endedChildren,
  hasEnded,
  // It does so by SIGKILL.
  mayBeOomKill: ({ signal }) => signal === signalNumber("SIGKILL"),
  onChildEnd,
  reap,
  lockFile,
  keepsPeersOut: false,
  peerUser,
  birthNow,
  signal: sendSignal,
  signalName,
  signalNumber,
  endingSignals,
  userSignals,
  terminalSignals,
  onSignals: (names, arrived) => onSignals(names.filter((name) => !wasIgnored(name)), arrived),
  trackSignalOrigin,
  wasIgnored,
  hasTerminal,
  asShellScript,
  openForWriting,
  writeDescriptor,
  releaseFileSpace,
  outputPump: { canPump, makeFifo, startPump, isPumped, hasInput, hasAnyInput },
  writeAtOnce,
  fileWriterAtOnce,
  standStill,
  findAccount,
  findings: readFindings,
  inheritedDescriptors,
  keepFromChildren,
  openHandle,
  isPipe: (descriptor) => descriptorKind(descriptor) === "pipe",
  ownArguments,
  ownEnvironment,
};
