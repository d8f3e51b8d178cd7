import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { SmallDisk } from "../../tests/supervisor/support/small_disk.ts";
import type { Peer, PeerTask, StartedPeer } from "./peers.ts";
import { commandLines, kill } from "./processes.ts";

/** Long enough for what a supervisor does by itself to come about. */
export const SETTLE_MS = 2_500;
/** What has not come about by then does not. */
export const PATIENCE_MS = 20_000;
const LINE = /life \S+ line \d+/g;

/** What was seen in one trial. */
export interface Outcome {
  /** Copies of the service that ran at once, at most. */
  mostAtOnce: number;
  /** Before the end; 1 is right. */
  atTheEnd: number;
  written: number;
  lost: number;
  doubled: number;
  /** Processes of the service, a while after the stop was said to be done. */
  left: number;
  remark: string;
}

/** One trial: somewhere to be, something that keeps a service running, and what is seen of it. */
export class PeerTrial {
  readonly disk = new SmallDisk();
  readonly directory = mkdtempSync(join(tmpdir(), "bench-p-"));
  readonly word = `peers-${process.pid}-${Math.floor(performance.now())}`;
  readonly truth = join(this.directory, "truth");
  readonly task: PeerTask;
  readonly outcome: Outcome = {
    mostAtOnce: 0,
    atTheEnd: 0,
    written: 0,
    lost: 0,
    doubled: 0,
    left: 0,
    remark: "",
  };
  /** Lines that were taken out of the log by whoever truncated it. */
  aside = "";
  #writtenBeforeTheEnd: string[] = [];

  constructor(readonly peer: Peer, program: string) {
    const state = join(this.disk.path, "state");
    mkdirSync(state, { mode: 0o700 });
    // Known by its file, since supervisord splits a command line in its own way.
    const script = join(this.directory, "service.pl");
    writeFileSync(script, program);
    const command = ["/usr/bin/perl", script, this.word, this.truth];
    this.task = {
      directory: this.directory,
      state,
      log: join(this.disk.path, "one.log"),
      command,
      graceSeconds: 1,
    };
  }

  start(): StartedPeer {
    return this.peer.start(this.task);
  }

  /** Processes of the service. */
  holders(): number[] {
    return processesWith((line) => line.split("\0").includes(this.word));
  }

  /** Everybody who has to do with this trial: supervisors, their commands, and helpers of theirs. */
  #everybody(): number[] {
    return processesWith((line) => line.includes(this.directory) || line.includes(this.disk.path));
  }

  /** Look on for a while, or until something holds; false when it does not come about. */
  async watch(ms: number, holds: () => boolean = () => false): Promise<boolean> {
    const deadline = performance.now() + ms;
    for (;;) {
      this.outcome.mostAtOnce = Math.max(this.outcome.mostAtOnce, this.holders().length);
      if (holds()) return true;
      if (performance.now() > deadline) return false;
      await sleep(10);
    }
  }

  async writes(lines: number): Promise<void> {
    const before = this.truthLines().length;
    if (!await this.watch(PATIENCE_MS, () => this.truthLines().length >= before + lines)) {
      this.remark("the service writes no more");
    }
  }

  /** How often the service has been started, as it tells itself. */
  lives(): number {
    return new Set(this.truthLines().map((line) => line.split(" ")[1])).size;
  }

  /** Wait until the service is started once more, if it is; then on, for what comes of that. */
  async watchForAnotherStart(livesBefore: number): Promise<void> {
    if (await this.watch(PATIENCE_MS, () => this.lives() > livesBefore)) await this.watch(SETTLE_MS);
  }

  truthLines(): string[] {
    return existsSync(this.truth) ? readFileSync(this.truth, "latin1").match(LINE) ?? [] : [];
  }

  remark(sentence: string): void {
    const { outcome } = this;
    if (!outcome.remark.includes(sentence)) {
      outcome.remark += `${outcome.remark === "" ? "" : "; "}${sentence}`;
    }
  }

  compareLines(): void {
    const log = existsSync(this.task.log) ? readFileSync(this.task.log, "latin1") : "";
    const logged = `${this.aside}${log}`.match(LINE) ?? [];
    const all = new Set<string>(logged);
    const truth = this.#writtenBeforeTheEnd;
    this.outcome.written = truth.length;
    this.outcome.lost = truth.filter((line) => !all.has(line)).length;
    this.outcome.doubled = logged.length - all.size;
    const holes = log.length - log.replaceAll("\0", "").length;
    if (holes > 0) this.remark(`${holes} NUL bytes in the log`);
  }

  async end(started: readonly StartedPeer[]): Promise<void> {
    this.outcome.atTheEnd = this.holders().length;
    // What a copy that is left goes on to write is not counted.
    this.#writtenBeforeTheEnd = this.truthLines();
    for (const one of started) await one.stop();
    // Whoever has said that all is done may be on his way out still.
    await this.watch(SETTLE_MS, () => this.#everybody().length === 0);
    this.outcome.left = this.holders().length;
    const others = this.#everybody().length - this.outcome.left;
    if (others > 0) this.remark("a supervisor is left after its end");
  }

  async clear(): Promise<void> {
    await this.watch(PATIENCE_MS, () => {
      for (const pid of this.#everybody()) kill(pid);
      return this.#everybody().length === 0;
    });
    this.disk[Symbol.dispose]();
    rmSync(this.directory, { recursive: true, force: true, maxRetries: 3 });
  }
}

function processesWith(isMeant: (commandLine: string) => boolean): number[] {
  return [...commandLines()].filter(([, line]) => isMeant(line)).map(([pid]) => pid);
}
