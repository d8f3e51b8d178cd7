import { copyOf, Memory, setI64 } from "../sys/memory.ts";
import { wide } from "../text/wide.ts";

/*
 * What ChangeServiceConfig2W and SetServiceStatus take (winsvc.h), on 64-bit Windows.
 */

/** A level of ChangeServiceConfig2W, and what it takes. */
export interface ServiceSetting {
  readonly level: number;
  /** What it is, for whoever learns that this Windows has none of it. */
  readonly what: string;
  /** Lay it out; what is returned is to be freed when it is said. The structure is the first. */
  lay(): Memory[];
}

/** SERVICE_STATUS. */
export const STATUS = {
  size: 28,
  type: 0,
  state: 4,
  accepted: 8,
  exitCode: 12,
  ownExitCode: 16,
  checkPoint: 20,
  waitHint: 24,
} as const;
/** dwCurrentState. */
export const STATE = { stopped: 1, startPending: 2, stopPending: 3, running: 4 } as const;

/** SERVICE_FAILURE_ACTIONSW, and SC_ACTION: a type and a delay. */
const ACTIONS = { size: 40, resetSeconds: 0, count: 24, actions: 32, each: 8 } as const;
const SC_ACTION_RESTART = 1;
/** The third is for all that follow; a day without a failure begins anew. */
const RESTART_DELAYS_MS = [1_000, 5_000, 60_000];
const RESET_SECONDS = 86_400;

/** SERVICE_CONFIG_DESCRIPTION. */
export function description(text: string): ServiceSetting {
  return { level: 1, what: "a description", lay: () => pointingTo(wide(text)) };
}

/** SERVICE_CONFIG_FAILURE_ACTIONS: who ends without having said so is started again. */
export const recovery: ServiceSetting = {
  level: 2,
  what: "a restart after a failure",
  lay() {
    const memory = new Memory(ACTIONS.size + RESTART_DELAYS_MS.length * ACTIONS.each);
    const { view } = memory;
    view.setUint32(ACTIONS.resetSeconds, RESET_SECONDS, true);
    view.setUint32(ACTIONS.count, RESTART_DELAYS_MS.length, true);
    setI64(view, ACTIONS.actions, memory.address + ACTIONS.size);
    for (const [index, delay] of RESTART_DELAYS_MS.entries()) {
      view.setUint32(ACTIONS.size + index * ACTIONS.each, SC_ACTION_RESTART, true);
      view.setUint32(ACTIONS.size + index * ACTIONS.each + 4, delay, true);
    }
    return [memory];
  },
};

/** SERVICE_CONFIG_DELAYED_AUTO_START_INFO: after those that the machine itself needs. */
export const delayedStart: ServiceSetting = {
  level: 3,
  what: "a delayed start",
  lay() {
    const memory = new Memory(4);
    memory.view.setUint32(0, 1, true);
    return [memory];
  },
};

/**
 * SERVICE_CONFIG_REQUIRED_PRIVILEGES_INFO: of the privileges of the account only the one that lets it pass through
 * directories, which everybody has. Acting as others who connect is not among them.
 */
export const fewestPrivileges: ServiceSetting = {
  level: 6,
  what: "a bound on privileges",
  // A list of texts ends with an empty one.
  lay: () => pointingTo(wide("SeChangeNotifyPrivilege\0")),
};

function pointingTo(text: Uint8Array): Memory[] {
  const [structure, pointed] = [new Memory(8), copyOf(text)];
  setI64(structure.view, 0, pointed.address);
  return [structure, pointed];
}
