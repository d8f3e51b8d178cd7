import { z } from "zod";

/**
 * A whole number that may outgrow 2^53, up to which JavaScript counts exactly: nanoseconds of a machine that has been
 * up for 104 days, cycles of many processors. Above that its first sixteen digits hold.
 */
export const wideCount = z.number().min(0).refine(Number.isInteger, "it is a whole number").meta({
  type: "integer",
});
