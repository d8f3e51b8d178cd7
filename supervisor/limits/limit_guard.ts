import type { Limits } from "../../core/measure/limits.ts";
import type { TaskMetrics } from "../../core/schema/task_message.ts";
import type { LimitKind, LimitPolicy, LimitRule } from "../definition.ts";
import type { ViolationAction } from "../lifecycle/machine_event.ts";
import type { LimitSupport } from "./limit_support.ts";
import { LIMIT_NAMES, limitText, LimitWatch } from "./limit_watch.ts";
import type { LimitVerdict } from "./limit_watch.ts";

/** What one limit has to say. */
export interface LimitNews {
  readonly kind: LimitKind;
  readonly policy: LimitPolicy;
  readonly verdict: Exclude<LimitVerdict, "quiet">;
  readonly sentence: string;
}

const METRICS: Readonly<Record<LimitKind, keyof TaskMetrics>> = {
  memory: "memory_bytes",
  cpu: "cpu_percent",
  file_descriptors: "file_descriptor_count",
  processes: "process_count",
};

/** Policies under which a process may be killed the moment it reaches its limit on memory. */
const DEADLY: readonly LimitPolicy[] = ["immediate_kill", "restart", "restart_adjusted"];

/** The limits of one process: those that the kernel enforces, and those that are watched. */
export class LimitGuard {
  #watches: LimitWatch[] = [];
  readonly #factors = new Map<LimitKind, number>();

  constructor(readonly rules: readonly LimitRule[], readonly support: LimitSupport) {
    this.#renew();
  }

  /** What the kernel is to enforce in the next run; undefined when nothing. */
  forKernel(): Limits | undefined {
    this.#renew();
    const limits: { memoryBytes?: number; cpuCores?: number; processes?: number } = {};
    for (const rule of this.rules) {
      if (!isKernels(rule, this.support)) continue;
      const max = this.#maxOf(rule);
      if (rule.kind === "memory") limits.memoryBytes = Math.round(max);
      if (rule.kind === "cpu") limits.cpuCores = max / 100;
      if (rule.kind === "processes") limits.processes = Math.round(max);
    }
    return Object.keys(limits).length > 0 ? limits : undefined;
  }

  /** What there is to say after a sample. */
  look(metrics: TaskMetrics, nowMs: number): LimitNews[] {
    return this.#watches.flatMap((watch) => {
      const { kind, policy } = watch.rule;
      const value = metrics[METRICS[kind]];
      if (typeof value !== "number" || policy === "none") return [];
      const verdict = watch.look(value, nowMs);
      if (verdict === "quiet") return [];
      return [{ kind, policy, verdict, sentence: sentenceOf(watch, verdict, value) }];
    });
  }

  /** The limit of the next run is higher. */
  adjust(kind: LimitKind): void {
    const rule = this.rules.find((one) => one.kind === kind)!;
    const factor = (this.#factors.get(kind) ?? 1) * rule.adjustFactor;
    this.#factors.set(kind, Math.min(factor, rule.adjustMost));
  }

  /** Whether the OOM killer acts at one of these limits. */
  get kills(): boolean {
    return this.#deadly !== undefined;
  }

  /** What is to be done when the kernel has killed for the limit on memory; null where there is no such limit. */
  afterKill(victim: "it" | "a process of it"): { policy: ViolationAction; sentence: string } | null {
    const rule = this.#deadly;
    if (!rule) return null;
    const max = limitText("memory", this.#maxOf(rule));
    return {
      policy: rule.policy as ViolationAction,
      sentence: `memory reached its limit of ${max}, and ${victim} was killed`,
    };
  }

  get #deadly(): LimitRule | undefined {
    return this.rules.find((one) => one.kind === "memory" && isKernels(one, this.support));
  }

  /** Every run begins with fresh warnings. */
  #renew(): void {
    this.#watches = this.rules.map((rule) => new LimitWatch(rule, this.#maxOf(rule)));
  }

  #maxOf(rule: LimitRule): number {
    return rule.max * (this.#factors.get(rule.kind) ?? 1);
  }
}

/** Whether a limit is the kernel's to enforce. */
function isKernels({ kind, policy, sustainedMs }: LimitRule, support: LimitSupport): boolean {
  if (support.has(kind)) return false;
  if (policy === "throttle") return kind === "cpu" || kind === "processes";
  return kind === "memory" && sustainedMs === 0 && DEADLY.includes(policy);
}

function sentenceOf(
  { rule, max }: LimitWatch,
  verdict: "warning" | "exceeded" | "kept",
  value: number,
): string {
  const { kind, sustainedMs } = rule;
  const name = LIMIT_NAMES[kind];
  const [is, limit] = [limitText(kind, value), limitText(kind, max)];
  if (verdict === "kept") return `${name}: ${is}, within the limit of ${limit} again`;
  if (verdict === "warning") {
    return `${name}: ${is}, above the warning threshold of ${
      Math.round(rule.warningShare! * 100)
    } % of ${limit}`;
  }
  return `${name}: ${is}, above the limit of ${limit}${
    sustainedMs > 0 ? ` for ${sustainedMs / 1_000} s` : ""
  }`;
}
