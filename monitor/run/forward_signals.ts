import type { Platform } from "../../platform/mod.ts";

/** A signal that arrived, and whether our children have had it already. */
export interface Arrival {
  readonly signal: string;
  readonly asksToEnd: boolean;
  readonly fromTerminal: boolean;
  /** Whether our terminal has hung up: nobody is there any more, for us nor for what we run. */
  readonly hangsUp: boolean;
}

/** Signals on their way through us. */
export interface SignalForwarding {
  /** The first signal that asked to end, or undefined. */
  readonly received: string | undefined;
  /** Hand every signal to `handler` from now on, those that arrived before first. */
  deliverTo(handler: (arrival: Arrival) => void): void;
  /** Handle signals as before. */
  stop(): void;
}

/**
 * Catch signals from now on, to pass them on to a command, and live on to write the summary when it has ended.
 * SIGHUP can be a request (of `kill`) or say that our terminal is gone, as when a connection drops: then there is no
 * terminal any more where there was one. The kernel tells the session's leader alone, which we may be in the place of
 * the command; it would pass it on by ending.
 *
 * To be called before the command is started: one that arrives while it starts waits for it.
 *
 * What was ignored when we started (nohup, a shell's `&`) stays so. Ctrl-C and Ctrl-\ in a terminal reach the
 * command by themselves, since it shares our process group: a second delivery would make many programs quit
 * the hard way.
 */
export function forwardSignals(platform: Platform): SignalForwarding {
  let received: string | undefined;
  const waiting: Arrival[] = [];
  const hadTerminal = platform.hasTerminal();
  let deliver = (arrival: Arrival): void => void waiting.push(arrival);
  const cameFromTerminal = new Map<string, () => boolean>();
  const { endingSignals, userSignals, terminalSignals } = platform;
  const stop = platform.onSignals([...endingSignals, ...userSignals], (signal) => {
    const asksToEnd = endingSignals.includes(signal);
    if (asksToEnd) received ??= signal;
    const hangsUp = signal === "SIGHUP" && hadTerminal && !platform.hasTerminal();
    deliver({ signal, asksToEnd, fromTerminal: cameFromTerminal.get(signal)?.() ?? false, hangsUp });
  });
  for (const name of terminalSignals.filter((name) => !platform.wasIgnored(name))) {
    cameFromTerminal.set(name, platform.trackSignalOrigin(name));
  }
  return {
    get received() {
      return received;
    },
    deliverTo(handler) {
      deliver = handler;
      waiting.splice(0).forEach(handler);
    },
    stop,
  };
}
