import { compileSoon, drain, readableOf, settle } from "../../ffi/mod.ts";
import { ProctorError } from "../../core/error.ts";
import { nodeFs } from "../../io/builtins.ts";
import { absentParts, noServices, noWorkloads } from "../absent.ts";
import type { OperatingSystem, Platform } from "../contract/platform.ts";
import { openHandle } from "../posix/open_handle.ts";
import { resolveCommand } from "../posix/resolve_command.ts";
import { asShellScript } from "../posix/shell_script.ts";
import { endingSignals, onSignals, terminalSignals, userSignals } from "../posix/signals.ts";
import { DarwinContainment } from "./containment.ts";
import { readFindings } from "./findings.ts";
import { readHead, whyNotExecutable } from "./launch/executability.ts";
import * as own from "./launch/own.ts";
import { signalName, signalNumber } from "./layout/signals.ts";
import { darwinHost } from "./machine/host_source.ts";
import { ABSENCES } from "./missing.ts";
import { DarwinChildren } from "./processes/children.ts";
import { isEnding, sendSignal } from "./processes/identity.ts";
import { darwinProcesses } from "./processes/process_directory.ts";
import { DarwinProcessLookup } from "./processes/process_lookup.ts";
import { DarwinProcessReader } from "./processes/process_reader.ts";
import { ProcessWatch } from "./processes/process_watch.ts";
import { findAccount, peerUser } from "./sys/accounts.ts";
import { AsyncWriter } from "./sys/async_write.ts";
import { birthNow, bootId } from "./sys/clock.ts";
import { Descriptors, hasTerminal } from "./sys/descriptors.ts";
import { systemError } from "./sys/errno.ts";
import { LibSystem } from "./sys/libsystem.ts";
import { lockFile } from "./sys/lock_file.ts";

/** macOS: libproc, posix_spawn, kqueue and wait4. */
function darwinPlatform(system: LibSystem): Platform {
  const descriptors = new Descriptors(system);
  const writer = new AsyncWriter(system);
  const watch = new ProcessWatch(system);
  const children = new DarwinChildren(system, watch);
  const containment = new DarwinContainment(system, watch, children, descriptors);
  // Before the runtime is told of any signal by us.
  const ignored = own.ignoredSignals(system);
  return {
    ...bound(children, [
      "openChild",
      "isChild",
      "mayBeOrphan",
      "holdChild",
      "unholdChild",
      "leaveChild",
      "isHeldElsewhere",
      "endedChild",
      "endedChildren",
      "hasEnded",
      "reap",
      "mayBeOomKill",
      "onChildEnd",
      "bury",
    ]),
    groupsOutliveOwner: containment.groupsOutliveOwner,
    ...bound(containment, [
      "createContainer",
      "fallbackContainer",
      "adoptContainer",
      "ownerOf",
      "observeTree",
      "observeCgroup",
      "markedProcesses",
      "carriesOtherMark",
      "useReaper",
      "reapMarked",
      "launch",
    ]),

    openProcess: (pid, wanted) => DarwinProcessReader.open(system, pid, wanted),
    blindness: () => null,
    lookUp: () => new DarwinProcessLookup(system),
    isEnding: (pid) => isEnding(system, pid),
    pssBytes: () => NaN,
    bootId: () => bootId(system),
    birthNow,
    signal: (process, signal) => sendSignal(system, process, signal),

    resolveCommand: (name, env, cwd) => resolveCommand(whyNotExecutable, name, env, cwd),
    asShellScript: (spec, failure) => asShellScript(readHead, spec, failure),

    makePipe: descriptors.makePipe,
    openNull: descriptors.openNull,
    openForWriting: writer.openForWriting,
    closeDescriptor: descriptors.close,
    openHandle,
    isPipe: (descriptor) => descriptors.kindOf(descriptor) === "pipe",
    changeOwner: descriptors.changeOwner,
    readableOf: (descriptor) => readableOf(descriptor, descriptors.readRest),
    settle,
    drain,
    writeAtOnce: descriptors.writeAtOnce,
    fileWriterAtOnce: () => null,
    writeDescriptor: writer.writeDescriptor,
    inheritedDescriptors: descriptors.inherited,
    keepFromChildren: descriptors.keepFromChildren,
    releaseFileSpace: () => false,
    outputPump: {
      canPump: () => false,
      makeFifo(path, mode) {
        if (system.c.mkfifo(system.string(path), mode) !== 0) {
          throw Object.assign(systemError("mkfifo", system.errno()), { path });
        }
        nodeFs().chmodSync(path, mode);
      },
      startPump() {
        throw new ProctorError("system", "macOS moves no output from a FIFO to a file by itself");
      },
      isPumped: () => false,
      hasInput: () => false,
      hasAnyInput: () => false,
    },

    findAccount: (user, group) => findAccount(system, user, group),
    keepsPeersOut: false,
    peerUser: (descriptor) => peerUser(system, descriptor),
    lockFile: (path) => lockFile(system, path),

    signalName,
    signalNumber,
    endingSignals,
    userSignals,
    terminalSignals,
    onSignals: (names, arrived) => onSignals(names.filter((name) => !ignored.has(name)), arrived),
    wasIgnored: (signal) => ignored.has(signal),
    // Where a signal came from is told to a handler in machine code only.
    trackSignalOrigin: () => () => own.isInForeground(system),

    ownCpuSeconds: () => own.ownCpuSeconds(system),
    ownMemoryBytes: () => own.ownMemoryBytes(system),
    ownPeakMemoryBytes: () => own.ownPeakMemoryBytes(system),
    ownVoluntarySwitches: () => own.ownVoluntarySwitches(system),
    dropProgramPages() {},
    compileSoon,
    ownArguments: () => own.ownArguments(system),
    ownEnvironment: () => own.ownEnvironment(system),
    environment: () => own.readEnvironment(system),
    findings: () => readFindings(system),
    hasTerminal,
    standStill: () => null,
    machineWaits: () => ({ pressure: null, stealSeconds: NaN, throttledSeconds: [] }),
  };
}

/** Methods of an object as functions that know it. */
function bound<T extends object, K extends keyof T>(object: T, names: readonly K[]): Pick<T, K> {
  return Object.fromEntries(
    names.map((name) => [name, (object[name] as (...args: unknown[]) => unknown).bind(object)]),
  ) as Pick<T, K>;
}

/**
 * All of macOS.
 * @param library another one with the functions of libSystem, for tests
 */
export function darwinSystem(library?: string): OperatingSystem {
  let opened: LibSystem | undefined;
  let platform: Platform | undefined;
  const system = () => opened ??= new LibSystem(library);
  return {
    platform: () => later(() => platform ??= darwinPlatform(system())),
    host: () => later(() => darwinHost(system())),
    directory: () => later(() => darwinProcesses(system())),
    workloadNames: () => Promise.resolve(noWorkloads),
    services: () => noServices("launchd starts proctor supervise by a property list"),
    ...absentParts(ABSENCES),
  };
}

/** What is thrown is rejected. */
const later = async <T>(get: () => T): Promise<T> => await Promise.resolve().then(get);

let theOnly: OperatingSystem | undefined;

/** The one that we run on: what it has opened serves all who ask. */
export const macOS = (): OperatingSystem => theOnly ??= darwinSystem();
