import { z } from "zod";
import type { UnitIngest } from "../api/ingest_report.ts";
import type { UnitKey } from "../model/unit.ts";
import type { Member } from "../store/shares.ts";

/** What is told of refusals of a unit: the whole of it is in the report of its manager. */
const MOST_REFUSALS = 20;

const unitSchema = z.object({
  unit: z.string().transform((text) => text as UnitKey),
  state: z.enum(["connecting", "subscribed", "away"]),
  why: z.string().nullable(),
  messages: z.number(),
  samples: z.number(),
  bytes: z.number(),
  messagesPerSecond: z.number(),
  samplesPerSecond: z.number(),
  lagSeconds: z.number().nullable(),
  refused: z.array(z.object({
    propletId: z.string().nullable(),
    reason: z.string(),
    count: z.number(),
    lastAt: z.number(),
  })),
  /** How long the agents of the unit have been heard without a gap. */
  since: z.number().nullable(),
});
const reportSchema = z.object({ units: z.array(unitSchema) });

/** How taking in goes in a unit that another manager has. */
export type OtherUnit = UnitIngest & { readonly since: number | null };

/** What a manager tells the others of its units. */
export function writeReport(units: Iterable<OtherUnit>): string {
  const short = [...units].map((one) => ({ ...one, refused: one.refused.slice(0, MOST_REFUSALS) }));
  return JSON.stringify({ units: short });
}

/** What the others tell; one that tells nothing that we understand has no units. */
export function readReports(members: readonly Member[], self: string): Map<UnitKey, OtherUnit> {
  const units = new Map<UnitKey, OtherUnit>();
  for (const { name, report } of members) {
    if (name === self) continue;
    for (const one of reportOf(report)) units.set(one.unit, { ...one, isOfOther: true });
  }
  return units;
}

function reportOf(text: string) {
  try {
    return reportSchema.safeParse(JSON.parse(text)).data?.units ?? [];
  } catch {
    return [];
  }
}
