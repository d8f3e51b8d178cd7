import type { Definition } from "../definition.ts";
import type { LineWatch } from "../logs/line_watch.ts";
import type { ProcessLogs } from "../logs/process_logs.ts";
import { fileMark } from "./probes/file.ts";
import type { ProbeContext } from "./probes/probe.ts";

/** Signs that a process gives of itself, which checks wait for: a line it writes, a file it makes. */
export class Signs {
  readonly #line: LineWatch | null;
  readonly #filesBefore = new Map<string, string | null | undefined>();

  /** @param onWritten called when the line was written that is waited for */
  constructor(readonly definition: Definition, logs: ProcessLogs, onWritten: () => void) {
    const { log } = definition.readinessCheck?.target ?? {};
    this.#line = log ? logs.watch(log, onWritten) : null;
  }

  /** Whether the line that is waited for was written. */
  get hasWritten(): boolean {
    return this.#line?.isSeen ?? false;
  }

  /** It was started by another supervisor, which has seen so much. */
  takeUp(hasWritten: boolean): void {
    // What was written since may have been collected by now.
    this.#line?.begin(hasWritten || this.hasWritten);
  }

  /** It is about to be started: signs of a former life do not count. */
  async begin(): Promise<void> {
    this.#line?.begin();
    const { healthCheck, readinessCheck, launch } = this.definition;
    for (const check of [healthCheck, readinessCheck]) {
      const path = check?.target.file?.path;
      if (path === undefined) continue;
      this.#filesBefore.set(path, await fileMark(path, launch!.workingDirectory, check!.timeoutMs));
    }
  }

  /** What probes ask. */
  get seen(): Pick<Required<ProbeContext>, "fileBefore" | "hasWritten"> {
    return {
      fileBefore: (path) => this.#filesBefore.get(path),
      hasWritten: () => this.hasWritten,
    };
  }
}
