import type { NotifyMessage } from "../../core/app/notify_message.ts";
import type { Definition } from "../definition.ts";
import { healthSentence, nextHealth, UNKNOWN_HEALTH } from "../health/health.ts";
import type { Health } from "../health/health.ts";
import type { CheckListener } from "../health/process_checks.ts";
import type { NotifyReader, NotifySockets } from "./notify_sockets.ts";

/** Who was found to be dead stays so for as long: what changes to and fro is not told each time. */
const LEAST_BAD_MS = 1_000;

/** What of it the owner of a process acts on. */
export interface NotifyListener extends Pick<CheckListener, "onChange" | "onUnhealthy"> {
  /** The process that was started; null: none runs. */
  readonly pid: () => number | null;
  /** Whether a process is of the tree, which alone may send. */
  readonly has: (pid: number) => boolean;
  /** It has said that it is ready, for the first time in this life. */
  readonly onReady: () => void;
  /** It has begun to end, and has not ended when its grace was over. */
  readonly onStuck: () => void;
  /** What it says of itself has changed. */
  readonly onTold: () => void;
}

/** What one process tells by sd_notify(3): that it is ready, what it does, and that it lives. */
export class ProcessNotify implements NotifyReader {
  address: string | null = null;
  /** What it has said of itself (STATUS=), of this life. */
  status: string | null = null;
  /** What it is at, by its own account. */
  stage: "reloading" | "stopping" | null = null;
  #isReady = false;
  #watchdog: Health = UNKNOWN_HEALTH;
  #badSinceMs = -Infinity;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #grace: ReturnType<typeof setTimeout> | undefined;

  /** null where nothing of it is wanted. */
  static of(...means: ConstructorParameters<typeof ProcessNotify>): ProcessNotify | null {
    const [{ launch, readinessCheck }] = means;
    const isWanted = readinessCheck?.target.type === "notify" || launch?.watchdogMs !== undefined;
    return isWanted ? new ProcessNotify(...means) : null;
  }

  constructor(
    readonly definition: Pick<Definition, "launch" | "readinessCheck">,
    readonly sockets: NotifySockets,
    readonly listener: NotifyListener,
  ) {}

  /** Whether it has said so in this life. */
  get isReady(): boolean {
    return this.#isReady;
  }

  /** What its watchdog says; null without one. */
  get health(): Health | null {
    return this.#watchdogMs === null ? null : this.#watchdog;
  }

  get #watchdogMs(): number | null {
    return this.definition.launch?.watchdogMs ?? null;
  }

  /**
   * A life begins.
   * @returns what it is to find in its environment
   * @throws Error that says why there is no socket
   */
  async prepare(isOther: boolean): Promise<Readonly<Record<string, string>>> {
    this.end();
    this.#isReady = false;
    this.address = await this.sockets.addressFor(isOther);
    this.sockets.add(this);
    const place = { NOTIFY_SOCKET: this.address };
    const ms = this.#watchdogMs;
    return ms === null ? place : { ...place, WATCHDOG_USEC: String(Math.round(ms * 1_000)) };
  }

  /**
   * The last supervisor has launched it: be where its environment says.
   * @param wasReady whether that one was told so
   * @returns why it cannot reach us; null: it can
   */
  async takeUp(address: string | null, wasReady: boolean): Promise<string | null> {
    this.#isReady = wasReady;
    if (address === null) return "it was started without a socket to notify by; a restart gives it one";
    const ours = await this.sockets.addressFor(address.startsWith("@")).catch((error: Error) =>
      error.message
    );
    if (ours !== address) return `it notifies ${address}, which cannot be had: a restart gives it another`;
    this.address = address;
    this.sockets.add(this);
    return null;
  }

  /** From now on its watchdog is to be kept, or not any more. */
  watch(isRunning: boolean): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (!isRunning || this.#watchdogMs === null || this.address === null || this.stage === "stopping") return;
    this.#timer = setTimeout(() => this.#miss(), Math.ceil(this.#watchdogMs));
  }

  get pid(): number | null {
    return this.listener.pid();
  }

  has(pid: number): boolean {
    return this.listener.has(pid);
  }

  take({ isReady, isReloading, isStopping, watchdog, status }: NotifyMessage): void {
    const before = `${this.status}\0${this.stage}`;
    if (status !== undefined) this.status = status;
    if (isReloading) this.stage = "reloading";
    else if (isReady && this.stage === "reloading") this.stage = null;
    if (isStopping) this.#stop();
    if (watchdog === "trigger") this.#answer("it has triggered its watchdog (WATCHDOG=trigger)");
    else if (watchdog === "alive") this.#answer(null);
    if (isReady && !this.#isReady) {
      this.#isReady = true;
      this.listener.onReady();
    }
    if (before !== `${this.status}\0${this.stage}`) this.listener.onTold();
  }

  /** The life is over, or we let go of it. */
  end(): void {
    this.sockets.remove(this);
    this.watch(false);
    clearTimeout(this.#grace);
    this.address = this.status = this.stage = null;
    this.#watchdog = UNKNOWN_HEALTH;
    this.#badSinceMs = -Infinity;
  }

  /** As with systemd it gets the time that a stop of ours would have given it. */
  #stop(): void {
    if (this.stage === "stopping") return;
    this.stage = "stopping";
    this.watch(false);
    this.#grace = setTimeout(() => this.listener.onStuck(), this.definition.launch!.gracefulTimeoutMs);
  }

  #miss(): void {
    // What it has sent is not taken before our start is over.
    if (this.sockets.isStarting()) return this.watch(true);
    // We may have been stopped ourselves: what it has sent since waits in the socket, and begins the time anew.
    const timer = this.#timer;
    this.sockets.drain();
    if (this.#timer === timer) this.#answer(`it has not sent WATCHDOG=1 for ${this.#watchdogMs! / 1_000} s`);
  }

  /** @param fault why it is taken for dead; null: it lives */
  #answer(fault: string | null): void {
    if (this.#watchdogMs === null) return;
    const isKept = this.#timer !== undefined;
    if (isKept) this.watch(true);
    const before = this.#watchdog;
    if (fault !== null && !isKept) return;
    const nowMs = performance.now();
    if (fault === null && before.status === "unhealthy" && nowMs < this.#badSinceMs + LEAST_BAD_MS) return;
    this.#watchdog = nextHealth(before, fault, AT_ONCE);
    if (fault !== null) this.#badSinceMs = nowMs;
    if (this.#watchdog.status !== before.status) this.listener.onChange(healthSentence(this.#watchdog));
    if (fault !== null) this.listener.onUnhealthy(fault);
  }
}

const AT_ONCE = { failureThreshold: 1, successThreshold: 1 };
