import { hideSecrets } from "../../core/hide_secrets.ts";
import { waitAtMost } from "../../io/deadline.ts";
import type { ProcessState } from "../control.ts";
import { NO_EXIT } from "../lifecycle/machine.ts";
import type { MachineEvent } from "../lifecycle/machine_event.ts";
import type { Degradation } from "./degradation.ts";
import { launchProblem } from "./launch.ts";
import type { ProcessRun } from "./process_run.ts";
import type { SupervisorContext } from "./supervised.ts";

const LAUNCH_AGAIN_MS = 250;

/** Whose command is launched. */
interface SpawnOwner {
  readonly id: string;
  readonly context: Pick<SupervisorContext, "isEnding" | "say">;
  readonly state: ProcessState;
  /** Write what the next supervisor has to know; false when that cannot be written now. */
  keep(): boolean;
  dispatch(event: MachineEvent): void;
  until(holds: () => boolean): Promise<void>;
}

/** How it is launched, and what is done with what runs then. */
interface SpawnMeans {
  /** @throws what {@link launchProblem} explains; then nothing has been started */
  readonly launch: () => Promise<ProcessRun>;
  readonly onRun: (run: ProcessRun) => void;
}

/** Launches the command of a process; where a disk is in trouble, again until it is not. */
export class Spawner {
  /** How many launches there were: the outcome of an earlier one is ignored. */
  #launches = 0;
  #underWay: Promise<void> = Promise.resolve();
  #isLaunching = false;
  /** What is done once the launch that is under way has come to something. */
  #afterwards: (() => void)[] = [];

  constructor(readonly owner: SpawnOwner, readonly degradation: Degradation, readonly means: SpawnMeans) {}

  /** What comes of it is told by events of the machine. */
  spawn(): void {
    this.#underWay = this.#spawn(++this.#launches);
  }

  /** Resolves when what is being launched is there, or is given up. */
  get idle(): Promise<void> {
    return this.#underWay;
  }

  /** Do what no launch has to wait for: behind the one that is under way, or at once. */
  behind(work: () => void): void {
    if (this.#isLaunching) this.#afterwards.push(work);
    else work();
  }

  async #launch(): Promise<void> {
    this.#isLaunching = true;
    try {
      const run = await this.means.launch();
      this.degradation.set("output", null);
      this.means.onRun(run);
    } finally {
      this.#isLaunching = false;
      for (const work of this.#afterwards.splice(0)) this.#attempt(work);
    }
  }

  /** What fails behind a launch is no fault of it. */
  #attempt(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.owner.context.say("error", `${this.owner.id}: ${(error as Error).message}`);
    }
  }

  async #spawn(attempt: number): Promise<void> {
    if (this.owner.context.isEnding()) {
      this.owner.dispatch({ type: "stop", reason: "the supervisor ends", byHand: false });
      return this.owner.dispatch({ type: "ended", exit: NO_EXIT });
    }
    try {
      await this.#launch();
    } catch (error) {
      const { stage, message, output, isPassing, stack } = launchProblem(error);
      this.degradation.set("output", output);
      if (this.#launches !== attempt) return;
      // Nothing was written at the end of the run before, which was to be followed at once.
      this.owner.keep();
      // It may have been stopped meanwhile: then nothing is left to stop.
      if (this.owner.state === "stopping") return this.owner.dispatch({ type: "ended", exit: NO_EXIT });
      if (isPassing) return await this.#spawnLater(attempt);
      if (stack !== undefined) this.owner.context.say("error", `${this.owner.id}: ${stack}`);
      this.owner.dispatch({ type: "launch_failed", stage, message: hideSecrets(message) });
    }
  }

  /** Launches again until the state can be written and the output collected, or the process is stopped. */
  async #spawnLater(attempt: number): Promise<void> {
    await waitAtMost(LAUNCH_AGAIN_MS, this.owner.until(() => this.owner.state !== "starting"));
    if (this.#launches !== attempt) return;
    if (this.owner.state === "starting") return await this.#spawn(attempt);
    this.owner.dispatch({ type: "ended", exit: NO_EXIT });
  }
}
