import { Command, Option } from "commander";
import { usageError } from "../../core/error.ts";
import { printOut } from "../../io/terminal/output.ts";

const BROKERS = ["mosquitto", "mosquitto-dynsec", "nats", "emqx"] as const;

interface AccessFlags {
  readonly for: typeof BROKERS[number];
  readonly agent: readonly string[];
  readonly manager: string;
  readonly domain?: string;
  readonly channel?: string;
  readonly certificates?: boolean;
}

const EXAMPLES = `
An agent whose user name is its proplet_id, and whose topics are of the style
"agent", may write what ends in its name and read what its manager asks it for;
the manager reads all, and writes what it asks for; all else is denied.
Mosquitto and NATS are what the lists are tested with, EMQX is not.

Examples:
  proctor manager broker-access --for mosquitto > acl
  proctor manager broker-access --for mosquitto --certificates --domain factory
  proctor manager broker-access --for nats --agent node-1 --agent node-2
  proctor manager broker-access --for mosquitto-dynsec --agent node-1 > a.sh
`;

/** `proctor manager broker-access`: an access list for the broker. */
export function brokerAccessCommand(end: (exitCode: number) => void): Command {
  return new Command("broker-access")
    .description("print an access list for the broker")
    .addOption(new Option("--for <broker>", "which broker").choices(BROKERS).makeOptionMandatory())
    .option(
      "--agent <name>",
      "an agent; may be repeated (default: every user that logs in, where the broker has a pattern for that)",
      (name: string, before: readonly string[]) => [...before, name],
      [],
    )
    .option("--manager <name>", "the manager's user name", "manager")
    .option("--domain <id>", "of this domain only")
    .option("--channel <id>", "of this channel only")
    .option("--certificates", "users are known by the names in their certificates, not by passwords")
    .addHelpText("after", EXAMPLES)
    .action(async (flags: AccessFlags) => {
      printOut(await listFor(flags));
      end(0);
    });
}

async function listFor(flags: AccessFlags): Promise<string> {
  const { for: broker, agent: agents, manager, domain = null, channel = null, certificates = false } = flags;
  const { checkAccess } = await import("../../fleet/broker_access/allowed.ts");
  const wanted = { agents, manager, domain, channel, byCertificate: certificates };
  checkAccess(wanted);
  if (agents.length === 0 && (broker === "nats" || broker === "mosquitto-dynsec")) {
    throw usageError(`--agent: ${broker} has no pattern for "any user"; name each agent`);
  }
  switch (broker) {
    case "mosquitto":
      return (await import("../../fleet/broker_access/mosquitto.ts")).mosquittoList(wanted);
    case "mosquitto-dynsec":
      return (await import("../../fleet/broker_access/mosquitto.ts")).dynamicSecurityScript(wanted);
    case "nats":
      return (await import("../../fleet/broker_access/nats.ts")).natsAuthorization(wanted);
    case "emqx":
      return (await import("../../fleet/broker_access/emqx.ts")).emqxList(wanted);
  }
}
