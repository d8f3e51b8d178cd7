import { z } from "zod";
import type { UnitIngest } from "../api/ingest_report.ts";
import type { UnitKey } from "../model/unit.ts";
import type { Member } from "../store/shares.ts";
import type { ShareMember } from "./fair_share.ts";

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
const standingSchema = z.object({
  wanted: z.array(z.string()).nullable().default(null),
  reaches: z.boolean().default(true),
  isConnected: z.boolean().default(true),
});
const reportSchema = standingSchema.extend({ units: z.array(unitSchema) });

/** How taking in goes in a unit that another manager has. */
export type OtherUnit = UnitIngest & { readonly since: number | null };

/** What a manager tells the others of itself, and of its units. */
export function writeReport(
  { wanted, reaches, isConnected }: Omit<ShareMember, "name">,
  units: Iterable<OtherUnit>,
): string {
  const short = [...units].map((one) => ({ ...one, refused: one.refused.slice(0, MOST_REFUSALS) }));
  return JSON.stringify({ wanted: wanted && [...wanted], reaches, isConnected, units: short });
}

/** What each manager can hold, by what it tells; of one that tells nothing of that, every unit. */
export function readStandings(members: readonly Member[]): ShareMember[] {
  return members.map(({ name, report }) => {
    const { wanted, reaches, isConnected } = parsed(standingSchema, report) ?? standingSchema.parse({});
    return { name, wanted: wanted && new Set(wanted), reaches, isConnected };
  });
}

/** What the others tell; one that tells nothing that we understand has no units. */
export function readReports(members: readonly Member[], self: string): Map<UnitKey, OtherUnit> {
  const units = new Map<UnitKey, OtherUnit>();
  for (const { name, report } of members) {
    if (name === self) continue;
    for (const one of parsed(reportSchema, report)?.units ?? []) {
      units.set(one.unit, { ...one, isOfOther: true });
    }
  }
  return units;
}

function parsed<S extends z.ZodType>(schema: S, text: string): z.infer<S> | undefined {
  try {
    return schema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
