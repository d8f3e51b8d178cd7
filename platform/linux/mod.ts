import { readableOf, settle } from "../../ffi/mod.ts";
import type { Platform } from "../types.ts";
import { bootId } from "./boot_time.ts";
import { CgroupContainer } from "./cgroup_container.ts";
import { adoptContainer, createContainer, observe, subreaper } from "./containment.ts";
import { ownCpuSeconds } from "./cpu_clock.ts";
import { inheritedDescriptors, keepFromChildren, makePipe, openNull } from "./descriptors.ts";
import { readEnvironment } from "./environment.ts";
import { whyNotExecutable } from "./executability.ts";
import { readFindings } from "./findings.ts";
import { descriptorKind } from "./file_mode.ts";
import { useReaper } from "./guard.ts";
import { releaseFileSpace } from "./file_space.ts";
import { closeFile } from "./kernel_file.ts";
import { launch } from "./launch.ts";
import { lockFile } from "./lock_file.ts";
import { ownMemoryBytes, wasIgnored } from "./own_status.ts";
import { ownArguments, ownEnvironment } from "./own_words.ts";
import { LinuxProcessLookup } from "./process_lookup.ts";
import { LinuxProcessReader } from "./process_reader.ts";
import { pssBytes } from "./proc_smaps_rollup.ts";
import { reapMarked } from "./reap.ts";
import { sendSignal } from "./send_signal.ts";
import { signalName, signalNumber } from "./signal.ts";
import { trackSignalOrigin } from "./signal_origin.ts";
import { openForWriting, writeDescriptor } from "./async_write.ts";
import { endedChild, endedChildren, hasEnded, reap } from "./wait.ts";
import { writeAtOnce } from "./write_at_once.ts";

/** Linux: /proc, cgroup v2, clone3 and waitid. */
export const linux: Platform = {
  ownCpuSeconds,
  ownMemoryBytes,
  environment: readEnvironment,
  createContainer,
  fallbackContainer: subreaper,
  adoptContainer,
  bootId,
  useReaper,
  reapMarked,
  observeTree: observe,
  launch: (spec, container) =>
    launch(spec, container instanceof CgroupContainer ? container.descriptor : undefined),
  makePipe,
  openNull,
  closeDescriptor: closeFile,
  readableOf,
  settle,
  whyNotExecutable,
  openProcess: (pid, wanted) => LinuxProcessReader.open(pid, wanted),
  lookUp: () => new LinuxProcessLookup(),
  pssBytes,
  endedChild,
  endedChildren,
  hasEnded,
  reap,
  lockFile,
  signal: sendSignal,
  signalName,
  signalNumber,
  trackSignalOrigin,
  wasIgnored,
  openForWriting,
  writeDescriptor,
  releaseFileSpace,
  writeAtOnce,
  findings: readFindings,
  inheritedDescriptors,
  keepFromChildren,
  isPipe: (descriptor) => descriptorKind(descriptor) === "pipe",
  ownArguments,
  ownEnvironment,
};
