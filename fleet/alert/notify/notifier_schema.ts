import { z } from "zod";
import { command, duration, durationMs, durationOrZero } from "../../../config/values.ts";
import { parseDuration } from "../../../core/duration.ts";
import { NOTICE_TARGETS, noticeTargetShape, targetFaults } from "../../../exporters/notices/target.ts";
import type { NoticeTarget } from "../../../exporters/notices/target.ts";
import { SEVERITIES } from "../rules/rule.ts";
import type { Severity } from "../rules/rule.ts";

/** Where alerts can go to. */
export const ALERT_TARGETS = [...NOTICE_TARGETS, "alertmanager", "command"] as const;

/** One destination of alerts, as people write it. */
export const notifierSchema = z.strictObject({
  name: z.string().regex(/^[A-Za-z0-9][\w.-]{0,63}$/, {
    error: "is not a name; write letters, digits and _ . -, at most 64",
  }),
  ...noticeTargetShape("alerts"),
  alertmanager: z.url({ protocol: /^https?$/, error: "is not a URL of http or https" }).optional().describe(
    "an Alertmanager: what fires is sent to its API again and again",
  ),
  command: command("a program that is given each notice as JSON, on its standard input").optional(),
  severity: z.enum(SEVERITIES).default("info").describe("the lowest severity that it gets"),
  resolved: z.boolean().default(true).describe("whether it also gets the ends of alerts"),
  wait: durationOrZero("before the first notice of a group, for more that belongs to it").default("10s"),
  interval: durationOrZero("between two notices of a group").default("5m"),
  repeat: durationOrZero("what still fires is sent again after it; 0s: never").default("4h"),
  digest: durationOrZero("everything of so long is sent in one notice; 0s: each group by itself").default(
    "0s",
  ),
  most_per_hour: z.int().min(1).max(10_000).default(60).describe(
    "notices; what exceeds it is sent together later",
  ),
  resend: duration("of an Alertmanager: how often it gets what fires").default("1m"),
  private: z.boolean().default(false).describe(
    "whether URLs of a private network, or of this machine, are allowed",
  ),
  timeout: duration("of one attempt").default("10s"),
}).superRefine((rule, context) => {
  for (const { key, message } of targetFaults(rule, ALERT_TARGETS)) {
    context.addIssue({ code: "custom", message, path: key === "" ? [] : [key] });
  }
});

/** A destination as it was written and checked. */
export type WrittenNotifier = z.output<typeof notifierSchema>;

/** A destination of alerts. Times in milliseconds. */
export interface Notifier {
  readonly name: string;
  readonly target: NoticeTarget;
  readonly alertmanager: string | null;
  readonly command: readonly string[] | null;
  readonly severity: Severity;
  readonly tellsResolved: boolean;
  readonly waitMs: number;
  readonly intervalMs: number;
  readonly repeatMs: number;
  readonly digestMs: number;
  readonly mostPerHour: number;
  readonly resendMs: number;
  readonly isPublicOnly: boolean;
  readonly timeoutMs: number;
}

/** A checked destination as it is used. */
export function toNotifier(written: WrittenNotifier): Notifier {
  return {
    name: written.name,
    target: written,
    alertmanager: written.alertmanager ?? null,
    command: written.command ?? null,
    severity: written.severity,
    tellsResolved: written.resolved,
    waitMs: durationMs(written.wait),
    intervalMs: durationMs(written.interval),
    repeatMs: durationMs(written.repeat),
    digestMs: durationMs(written.digest),
    mostPerHour: written.most_per_hour,
    resendMs: parseDuration(written.resend, "resend"),
    isPublicOnly: !written.private,
    timeoutMs: parseDuration(written.timeout, "timeout"),
  };
}
