import type { Finding } from "../../contract/self.ts";
import { systemCall } from "../sys/machine_code.ts";
import { ForeignMemory } from "../sys/memory.ts";

/**
 * struct timex of 64-bit machines (include/uapi/linux/timex.h): modes 0, offset 8, freq 16, maxerror 24, esterror 32,
 * status 40, and more up to 208 bytes. With modes 0 nothing is changed, which takes no privilege.
 */
const SIZE = 208;
const MODES = 0;
const MAXERROR = 24;
const STATUS = 40;
/** The bit of the status that nobody keeps the clock right (STA_UNSYNC). */
const UNSYNCHRONISED = 0x40;

/** Who keeps the clock of this machine right, as the kernel was told. */
export interface ClockState {
  readonly isSynchronised: boolean;
  /** How far it may be off by what the NTP client has said, seconds. */
  readonly mostErrorSeconds: number;
}

const timex = new ForeignMemory(SIZE);

/** What the kernel knows of its clock (adjtimex(2)); null where it does not say. */
export function readClockState(): ClockState | null {
  timex.view.setUint32(MODES, 0, true);
  // A clock that is not kept right is no error: the state is returned (TIME_ERROR).
  return systemCall("adjtimex", timex.address) >= 0 ? parseClockState(timex.view) : null;
}

/** The same of the bytes that the kernel has filled in. */
export function parseClockState(view: DataView): ClockState {
  return {
    isSynchronised: (view.getInt32(STATUS, true) & UNSYNCHRONISED) === 0,
    mostErrorSeconds: Number(view.getBigInt64(MAXERROR, true)) / 1e6,
  };
}

/** What the doctor says of the clock: times of samples are its own. */
export function clockFinding(state: ClockState | null): Finding {
  const topic = "clock";
  const advice = "an NTP client on the host, such as chrony or systemd-timesyncd";
  if (state === null) {
    return { topic, ok: false, detail: "the kernel does not say whether it is right", advice };
  }
  if (!state.isSynchronised) {
    return { topic, ok: false, detail: "nothing keeps it right: times may be off by any amount", advice };
  }
  const ms = Math.ceil(state.mostErrorSeconds * 1_000);
  return { topic, ok: true, detail: `it is kept right by NTP, within ${ms} ms`, advice: null };
}
