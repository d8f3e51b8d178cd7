import type { z } from "zod";
import { healthMessageSchema } from "../../core/schema/health_message.ts";
import { presenceMessageSchema } from "../../core/schema/presence_message.ts";
import { taskMessageSchema } from "../../core/schema/task_message.ts";
import { describeIssues, IN_OUR_WORDS } from "../../core/schema/zod_issues.ts";
import type { Fault } from "./fault.ts";
import type { TopicKind } from "./topics.ts";

const SCHEMAS: Partial<Record<TopicKind, z.ZodType>> = {
  task: taskMessageSchema,
  health: healthMessageSchema,
  presence: presenceMessageSchema,
};

/**
 * What exactly a fault is about. Readers know the place only; the schema says what is there, and what would be right.
 * What the schema wants beyond, and readers do not, is left out.
 */
export function explain({ detail, message }: Fault): string | null {
  const schema = message && SCHEMAS[message.kind];
  if (detail === null || schema === undefined) return detail;
  const place = detail.slice(0, detail.indexOf(": "));
  const { error } = schema.safeParse(message!.value, IN_OUR_WORDS);
  const issues = error?.issues.filter(({ path }) => path.join(".") === place) ?? [];
  return issues.length === 0 ? detail : describeIssues({ issues } as z.ZodError);
}
