import { randomBytes } from "node:crypto";
import { Command } from "commander";
import type { Accounting } from "../core/record.ts";
import { ProcessTree } from "../group/process_tree.ts";
import { describeAccounting } from "../monitor/accounting.ts";
import { samplingPlan } from "../monitor/options.ts";
import { loadPlatform } from "../platform/mod.ts";
import type { Finding, Platform } from "../platform/mod.ts";
import { printOut } from "./output.ts";

const EXAMPLES = `
Examples:
  proctor doctor
  proctor doctor --json | jq .accounting.cpu
`;

/** `proctor doctor`: what this machine allows. */
export function doctorCommand(end: (exitCode: number) => void): Command {
  return new Command("doctor")
    .description("say what this machine allows, and how to get more")
    .option("--json", "as JSON")
    .addHelpText("after", EXAMPLES)
    .action(async (flags: { json?: boolean }) => {
      const platform = await loadPlatform();
      const found = examine(platform);
      printOut(flags.json ? `${JSON.stringify(found, null, 2)}\n` : asText(found));
      end(0);
    });
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
  const marker = `PROCTOR_GROUP=${randomBytes(6).toString("hex")}`;
  const group = ProcessTree.create(platform, { wanted, marker, soleParent: true, guarded: false });
  group.refresh(0, "everything");
  const { mechanism, reason } = group.container;
  const accounting = describeAccounting(group, true);
  group.release();
  return {
    containment: { mechanism, reason },
    accounting,
    environment: platform.environment(),
    findings: platform.findings(),
  };
}

function asText({ containment, accounting, environment, findings }: Examination): string {
  const limits = [
    environment.cpu_quota_cores === null ? "" : `, of which a quota allows ${environment.cpu_quota_cores}`,
    environment.memory_limit_bytes === null
      ? ""
      : `; memory limited to ${environment.memory_limit_bytes} bytes`,
  ].join("");
  const lines = [
    `${environment.host_name}: ${environment.kernel}, ${environment.online_cpu_count} CPUs${limits}`,
    "",
    `containment  ${containment.mechanism}${containment.reason ? ` (${containment.reason})` : ""}`,
    "",
    "QUANTITY          SOURCE   QUALITY",
    ...Object.entries(accounting).map(([name, { source, quality }]) =>
      `${name.padEnd(17)} ${source.padEnd(8)} ${quality}`
    ),
    "",
    ...findings.flatMap(({ topic, ok, detail, advice }) => [
      `${ok ? "ok  " : "less"}  ${topic}: ${detail}`,
      ...(advice ? [`      for more: ${advice}`] : []),
    ]),
  ];
  return `${lines.join("\n")}\n`;
}
