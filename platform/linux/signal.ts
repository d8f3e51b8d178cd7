import { constants } from "node:os";

const NUMBERS = constants.signals as Readonly<Record<string, number>>;
const NAMES = new Map(
  Object.entries(NUMBERS).filter(([name]) => name !== "SIGIOT" && name !== "SIGPOLL" && name !== "SIGUNUSED")
    .map(([name, number]) => [number, name]),
);

/** What glibc leaves of the real-time signals (signal(7)). */
const FIRST_REAL_TIME = 34;
const LAST_REAL_TIME = 64;
const isRealTime = (number: number) => number >= FIRST_REAL_TIME && number <= LAST_REAL_TIME;

/** `SIGTERM` for 15; real-time signals are `SIGRTMIN+n` (signal(7), as glibc counts them). */
export function signalName(number: number): string {
  return NAMES.get(number) ?? (isRealTime(number) ? `SIGRTMIN+${number - FIRST_REAL_TIME}` : `SIG${number}`);
}

/** 15 for `SIGTERM`; 0 when there is no such signal. */
export function signalNumber(name: string): number {
  if (Object.hasOwn(NUMBERS, name)) return NUMBERS[name];
  const realTime = FIRST_REAL_TIME + Number(/^SIGRTMIN\+(\d+)$/.exec(name)?.[1] ?? NaN);
  return realTime <= LAST_REAL_TIME ? realTime : 0;
}
