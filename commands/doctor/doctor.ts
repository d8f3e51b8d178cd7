import { Command } from "commander";
import { EXIT } from "../../core/error.ts";
import type { Accounting } from "../../core/schema/record.ts";
import { ProcessTree } from "../../group/process_tree.ts";
import { describeAccounting } from "../../monitor/run/accounting.ts";
import { samplingPlan } from "../../monitor/sampling_plan.ts";
import { printable, printableJson } from "../../core/printable.ts";
import { wrapped } from "../../core/wrapped.ts";
import { loadGpus, loadPlatform, machineEnergyFinding, processEventsFinding } from "../../platform/mod.ts";
import type { Finding, Platform } from "../../platform/mod.ts";
import { randomHex } from "../../io/random_hex.ts";
import { printOut } from "../../io/terminal/output.ts";
import { agentInWords, ownAgent } from "../own_agent.ts";
import type { OwnAgent } from "../own_agent.ts";
import { qualitySentence } from "./quality_sentence.ts";

/** Columns that every terminal has. */
const COLUMNS = 80;

const EXAMPLES = `
Examples:
  proctor doctor
  proctor doctor --json | jq .accounting.cpu
  proctor doctor --self                     what watching costs here, measured
`;

/** `proctor doctor`: what this machine allows. */
export function doctorCommand(end: (exitCode: number) => void): Command {
  return new Command("doctor")
    .description("say what this machine allows, and how to get more")
    .option("--json", "as JSON")
    .option("--self", "measure what proctor itself costs here; takes four seconds or five")
    .addHelpText("after", EXAMPLES)
    .action(async (flags: { json?: boolean; self?: boolean }) => {
      const platform = await loadPlatform();
      if (flags.self) return end(await tellSelfCost(platform, flags.json === true));
      const found = { ...examine(platform), agent: await ownAgent() };
      const gpus = await loadGpus();
      found.findings.push(await processEventsFinding(), await machineEnergyFinding(), await gpus.finding());
      const sentence = qualitySentence(found.accounting);
      printOut(flags.json ? `${printableJson({ ...found, sentence }, 2)}\n` : asText(found, sentence));
      end(0);
    });
}

/**
 * Measure and print, unless a signal comes first.
 * @returns the exit code
 */
async function tellSelfCost(platform: Platform, asJson: boolean): Promise<number> {
  const [{ measureSelfCost }, { selfCostText }] = await Promise.all([
    import("./self_cost.ts"),
    import("./self_cost_text.ts"),
  ]);
  const interrupted = new AbortController();
  let received: string | undefined;
  const stopListening = platform.onSignals(platform.endingSignals, (name) => {
    received ??= name;
    interrupted.abort();
  });
  try {
    const cost = await measureSelfCost(platform, interrupted.signal);
    printOut(asJson ? `${printableJson(cost, 2)}\n` : selfCostText(cost));
    return 0;
  } catch (error) {
    // What it interrupts may fail in any way.
    if (received === undefined) throw error;
    return EXIT.signalBase + platform.signalNumber(received);
  } finally {
    stopListening();
  }
}

interface Examination {
  containment: { mechanism: string; reason: string | null };
  accounting: Accounting;
  environment: ReturnType<Platform["environment"]>;
  findings: Finding[];
}

/** What a run would have, tried on an empty group. */
function examine(platform: Platform): Examination {
  const { wanted } = samplingPlan({});
  const marker = `PROCTOR_GROUP=${randomHex(6)}`;
  const group = ProcessTree.create(platform, { wanted, marker, soleParent: true, guarded: false });
  group.refresh(0, "everything");
  const { mechanism, reason } = group.container;
  const accounting = describeAccounting(group, "expected");
  group.release();
  return {
    containment: { mechanism, reason },
    accounting,
    environment: platform.environment(),
    findings: platform.findings(),
  };
}

function asText(
  { containment, accounting, environment, findings, agent }: Examination & { readonly agent: OwnAgent },
  sentence: string,
): string {
  const limits = [
    environment.cpu_quota_cores === null ? "" : `, of which a quota allows ${environment.cpu_quota_cores}`,
    environment.memory_limit_bytes === null
      ? ""
      : `; memory limited to ${environment.memory_limit_bytes} bytes`,
  ].join("");
  const lines = [
    sentence,
    "",
    `${environment.host_name}: ${environment.kernel}, ${environment.online_cpu_count} CPUs${limits}`,
    "",
    `containment  ${containment.mechanism}${containment.reason ? ` (${containment.reason})` : ""}`,
    `agent        ${agentInWords(agent)}`,
    "",
    ...table([
      ["QUANTITY", "SOURCE", "QUALITY"],
      ...Object.entries(accounting).map(([name, { source, quality }]) => [name, source, quality]),
    ]),
    "",
    ...findings.flatMap(({ topic, ok, detail, advice }) => [
      `${ok ? "ok  " : "less"}  ${topic}: ${detail}`,
      ...(advice ? [`      for more: ${advice}`] : []),
    ]),
  ];
  return `${lines.map((line) => fitted(printable(line))).join("\n")}\n`;
}

/** A line in 80 columns; what goes on stands below its own text. */
function fitted(line: string): string {
  if (line.length <= COLUMNS) return line;
  const lead = /^(?:ok {4}|less {2}|containment {2}|agent {8}| +for more: )/.exec(line)?.[0] ?? "";
  return wrapped(line.slice(lead.length), COLUMNS, lead);
}

/** Rows with columns as wide as what stands in them. */
function table(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column])).join("  ").trimEnd());
}
