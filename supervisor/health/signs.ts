import type { Definition } from "../definition.ts";
import type { KeptProcess } from "../kept/state_directory.ts";
import type { LineWatch } from "../logs/line_watch.ts";
import type { ProcessLogs } from "../logs/process_logs.ts";
import type { NotifySockets } from "../notify/notify_sockets.ts";
import { ProcessNotify } from "../notify/process_notify.ts";
import type { NotifyListener } from "../notify/process_notify.ts";
import { fileMark } from "./probes/file.ts";
import type { ProbeContext } from "./probes/probe.ts";

/** Signs that a process gives of itself, which checks wait for: a line it writes, a file it makes, what it tells us. */
export class Signs {
  readonly #line: LineWatch | null;
  readonly #filesBefore = new Map<string, string | null | undefined>();
  /** null where it is not asked to tell anything. */
  readonly notify: ProcessNotify | null;

  /** @param listener its `onReady` is called as well when the line was written that is waited for */
  constructor(
    readonly definition: Definition,
    logs: ProcessLogs,
    sockets: NotifySockets,
    listener: NotifyListener,
  ) {
    const { log } = definition.readinessCheck?.target ?? {};
    this.#line = log ? logs.watch(log, listener.onReady) : null;
    this.notify = ProcessNotify.of(definition, sockets, listener);
  }

  /** Whether the sign was seen that it gives once in its life: the line that is waited for, or that it is ready. */
  get isSeen(): boolean {
    return (this.#line?.isSeen ?? false) || (this.notify?.isReady ?? false);
  }

  /**
   * It was started by another supervisor, which has seen so much.
   * @returns why it cannot tell us anything; null: it can, or is not asked to
   */
  async takeUp({ has_written, notify_socket }: KeptProcess): Promise<string | null> {
    // What was written since may have been collected by now.
    this.#line?.begin(has_written || this.#line.isSeen);
    return await this.notify?.takeUp(notify_socket, has_written) ?? null;
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
  get seen(): Pick<Required<ProbeContext>, "fileBefore" | "hasWritten" | "hasNotified"> {
    return {
      fileBefore: (path) => this.#filesBefore.get(path),
      hasWritten: () => this.#line?.isSeen ?? false,
      hasNotified: () => this.notify?.isReady ?? false,
    };
  }
}
