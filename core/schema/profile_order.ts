import { z } from "zod";

/*
 * What a manager asks an agent for: denser samples of some tasks, for a while. It stands as text in an envelope beside
 * its signature, so that what was signed is what is read, to the letter.
 */

/** What is signed begins with these words: a signature of something else by the same key is none of an order. */
const SIGNED_AS = "proctor profile order 1\n";
/** A manager asks for so many tasks of an agent at most, and an agent takes no more. */
export const MOST_ORDERED_TASKS = 64;
/** An order holds for so long at most, whatever it says. */
export const LONGEST_ORDER_MS = 15 * 60_000;

const name = z.string().min(1).max(1_000);
const time = z.int().min(0);

/** An order, unpacked. It replaces all that was asked for before: one without tasks takes it back. */
export const profileOrderSchema = z.strictObject({
  topic: z.string().max(65_535).describe("where it is published: that of one agent of one channel"),
  proplet_id: name.describe("the agent it is for"),
  agent_id: name.nullable().describe(
    "and which agent; independent of the host's name; null where that is not known",
  ),
  sequence: time.describe("above that of every order before"),
  expires_at: time.describe("ms since 1970; what was asked for ends by itself then"),
  tasks: z.array(z.strictObject({ task_id: name, interval_ms: z.int().min(1).max(86_400_000) }))
    .max(MOST_ORDERED_TASKS),
});
/** An order, unpacked. */
export type ProfileOrder = z.output<typeof profileOrderSchema>;

/** An order as it is published. */
export const signedOrderSchema = z.strictObject({
  order: z.string().max(131_072).describe("the order as JSON"),
  signature: z.string().max(128).describe("of it, by Ed25519, in base64url"),
});

/** The bytes that are signed for an order. */
export function signedBytes(order: string): Uint8Array {
  return new TextEncoder().encode(SIGNED_AS + order);
}
