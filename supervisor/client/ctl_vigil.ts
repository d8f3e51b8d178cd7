import { refuseStrangersDoor } from "../../platform/mod.ts";
import type { SupervisorPlace } from "./ctl_place.ts";

/**
 * After so long without a word from a supervisor it is asked whether it lives, and for so long its answer is awaited.
 */
export const PATIENCE_MS = 5_000;

/** A full accept queue is not being served; a host may be gone. */
const DEAD = ["EAGAIN", "ETIMEDOUT", "EHOSTDOWN", "EHOSTUNREACH", "ENETUNREACH"];

/**
 * Watches over something that may rightly take long, such as a restart or a stream in which nothing happens: as long as
 * the supervisor answers other questions, it is waited for; one that stands still (SIGSTOP, a hanging disk) is not.
 */
export class Vigil {
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isOver = false;

  /** @param onDead called once, when it does not answer */
  constructor(readonly place: SupervisorPlace, readonly onDead: () => void) {
    this.heard();
  }

  /** It has said something. */
  heard(): void {
    clearTimeout(this.#timer);
    if (!this.#isOver) this.#timer = setTimeout(() => void this.#ask(), PATIENCE_MS);
  }

  /** Nothing is awaited any more. */
  end(): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
  }

  async #ask(): Promise<void> {
    const lives = await answers(this.place);
    if (this.#isOver) return;
    if (lives) return this.heard();
    this.end();
    this.onDead();
  }
}

/** Whether anything answers; who refuses the question is ending, and ends what else it has open by itself. */
async function answers({ isTls, options }: SupervisorPlace): Promise<boolean> {
  try {
    if ("socketPath" in options) await refuseStrangersDoor(options.socketPath);
  } catch {
    // What was open has an end of its own where its server is gone, and stands still where that is busy for so long.
    return false;
  }
  const { request } = await (isTls ? import("node:https") : import("node:http"));
  return await new Promise((resolve) => {
    const asked = request({ ...options, path: "/healthz", agent: false });
    const end = (lives: boolean) => {
      clearTimeout(timer);
      asked.destroy();
      resolve(lives);
    };
    const timer = setTimeout(() => end(false), PATIENCE_MS);
    asked.on("response", () => end(true));
    asked.on("error", ({ code }: NodeJS.ErrnoException) => end(!DEAD.includes(code ?? "")));
    asked.end();
  });
}
