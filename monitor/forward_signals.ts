import type { Platform } from "../platform/mod.ts";

/** Asked to end: passed on, and told in the outcome. */
const ENDING = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"] as const;
/** Programs give these a meaning of their own: passed on, no more. */
const OTHERS = ["SIGUSR1", "SIGUSR2"] as const;
/** A terminal sends these to its whole foreground group, our children included. */
const FROM_TERMINAL: readonly string[] = ["SIGINT", "SIGQUIT"];

/** A signal that arrived, and whether our children have had it already. */
export interface Arrival {
  readonly signal: string;
  readonly asksToEnd: boolean;
  readonly fromTerminal: boolean;
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
 * To be called before the command is started: one that arrives while it starts waits for it.
 *
 * What was ignored when we started (nohup, a shell's `&`) stays so. Ctrl-C and Ctrl-\ in a terminal reach the
 * command by themselves, since it shares our process group: a second delivery would make many programs quit
 * the hard way.
 */
export function forwardSignals(platform: Platform): SignalForwarding {
  let received: string | undefined;
  const waiting: Arrival[] = [];
  let deliver = (arrival: Arrival): void => void waiting.push(arrival);
  const handlers = [...ENDING, ...OTHERS].filter((name) => !platform.wasIgnored(name)).map((name) => {
    const asksToEnd = (ENDING as readonly string[]).includes(name);
    const handler = () => {
      if (asksToEnd) received ??= name;
      deliver({ signal: name, asksToEnd, fromTerminal: cameFromTerminal() });
    };
    process.on(name, handler);
    const cameFromTerminal = FROM_TERMINAL.includes(name) ? platform.trackSignalOrigin(name) : () => false;
    return { name, handler };
  });
  return {
    get received() {
      return received;
    },
    deliverTo(handler) {
      deliver = handler;
      waiting.splice(0).forEach(handler);
    },
    stop() {
      for (const { name, handler } of handlers) process.off(name, handler);
    },
  };
}
