import { z } from "zod";

/** That an agent is there, or has gone: retained at a topic of its own. */
export const presenceMessageSchema = z.object({
  status: z.enum(["online", "offline"]),
  proplet_id: z.string(),
  agent_id: z.string().optional().describe("which agent; independent of the host's name"),
  version: z.string().describe("of proctor"),
  host: z.string().describe("the host's name"),
  boot_id: z.string().optional().describe("the system's name for this boot of the machine"),
  since: z.iso.datetime().describe(
    "when the agent's process began: it separates two that have the same name",
  ),
  timestamp: z.iso.datetime().describe("of a last will: when the connection was opened that has broken"),
});

/** That an agent is there, or has gone. */
export type PresenceMessage = z.infer<typeof presenceMessageSchema>;

/** The format of a presence message as JSON Schema (draft 2020-12). */
export function presenceMessageJsonSchema(): Record<string, unknown> {
  return { title: "proctor presence message", ...z.toJSONSchema(presenceMessageSchema) };
}
