import { usageError } from "../../core/error.ts";
import { allowed } from "./allowed.ts";
import type { AccessWanted } from "./allowed.ts";

/** What a client by MQTT needs beside its topics: what it is sent with QoS 1 comes that way. */
const DELIVERY = "$MQTT.sub.>";

/** The block `authorization` of a configuration of NATS. */
export function natsAuthorization(wanted: AccessWanted): string {
  const { agents, manager, byCertificate, domain, channel } = wanted;
  for (const name of [...agents, manager, domain, channel]) {
    if (name === null || !/[.*>]/.test(name)) continue;
    throw usageError(`"${name}" has a ., * or >, which NATS gives a meaning; choose another name for it`);
  }
  const user = (name: string, publish: readonly string[], subscribe: readonly string[]) => [
    "    {",
    `      user: ${JSON.stringify(byCertificate ? `CN=${name}` : name)}`,
    ...(byCertificate ? [] : [`      password: ${JSON.stringify(`THE PASSWORD OF ${name}`)}`]),
    // By NATS's own protocol one could listen to what others are sent.
    '      allowed_connection_types: ["MQTT"]',
    "      permissions {",
    `        publish: ${listed(publish)}`,
    `        subscribe: ${listed(subscribe)}`,
    "      }",
    "    }",
  ];
  const { managerReads, managerWrites } = allowed(wanted, "");
  return [
    byCertificate
      ? "# In its block mqtt: tls { …, verify_and_map: true }"
      : "# Passwords as `nats server passwd` makes them, or in variables: password: $NODE_1",
    "authorization {",
    "  users: [",
    ...agents.flatMap((name) => {
      const { agentWrites, agentReads } = allowed(wanted, name);
      return user(name, [subject(agentWrites)], [subject(agentReads), DELIVERY]);
    }),
    ...user(manager, [subject(managerWrites)], [...managerReads.map(subject), DELIVERY]),
    "  ]",
    "}",
    "",
  ].join("\n");
}

function listed(subjects: readonly string[]): string {
  return `[${subjects.map((one) => JSON.stringify(one)).join(", ")}]`;
}

/** A topic as NATS calls it. */
function subject(topic: string): string {
  return topic.replaceAll("/", ".").replaceAll("+", "*").replace(/#$/, ">");
}
