import type { z } from "zod";

/** One line for all faults of a failed parse: `path.of.key: what is wrong; other.key: …`. */
export function describeIssues(error: z.ZodError): string {
  return error.issues.map((issue) => {
    const path = issue.path.join(".");
    const unknownKeys = issue.code === "unrecognized_keys" ? issue.keys : [];
    if (unknownKeys.length > 0) {
      return unknownKeys.map((key) => `${path ? `${path}.` : ""}${key}: no such key`).join("; ");
    }
    return path ? `${path}: ${issue.message}` : issue.message;
  }).join("; ");
}
