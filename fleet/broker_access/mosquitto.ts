import { allowed } from "./allowed.ts";
import type { AccessWanted } from "./allowed.ts";

/** An `acl_file` of Mosquitto, and what it needs beside it in `mosquitto.conf`. */
export function mosquittoList(wanted: AccessWanted): string {
  const { agents, manager, byCertificate } = wanted;
  const { managerReads, managerWrites } = allowed(wanted, "");
  const users = byCertificate
    ? ["require_certificate true", "use_identity_as_username true"]
    : ["password_file /etc/mosquitto/passwords"];
  const of = (name: string) => allowed(wanted, name);
  const ofAgents = agents.length === 0
    ? [
      "# Every user that logs in is an agent of that name.",
      `pattern write ${of("%u").agentWrites}`,
      `pattern read ${of("%u").agentReads}`,
    ]
    : agents.flatMap((name) => [
      `user ${name}`,
      `topic write ${of(name).agentWrites}`,
      `topic read ${of(name).agentReads}`,
      "",
    ]);
  return [
    "# In mosquitto.conf, with this as /etc/mosquitto/acl:",
    ...["allow_anonymous false", ...users, "acl_file /etc/mosquitto/acl"].map((line) => `#   ${line}`),
    "",
    ...ofAgents,
    ...(agents.length === 0 ? [""] : []),
    "# The manager reads what agents write, and asks them for denser samples; it is not an agent.",
    `user ${manager}`,
    ...(agents.length === 0 ? [`topic deny ${of(manager).agentWrites}`] : []),
    ...managerReads.map((topic) => `topic read ${topic}`),
    `topic write ${managerWrites}`,
    "",
  ].join("\n");
}

/** The same for the plugin `dynamic-security` of Mosquitto: calls of `mosquitto_ctrl`, as a shell script. */
export function dynamicSecurityScript(wanted: AccessWanted): string {
  const { agents, manager } = wanted;
  const { managerReads, managerWrites } = allowed(wanted, "");
  const call = (...words: readonly string[]) => `"$@" dynsec ${words.join(" ")}`;
  const access = (role: string, kind: string, topic: string) =>
    call("addRoleACL", role, kind, `'${topic}'`, "allow");
  const role = (name: string, ...lines: readonly string[]) => [
    call("createRole", name),
    ...lines,
    "",
  ];
  return [
    "#!/bin/sh",
    "# usage: sh FILE mosquitto_ctrl -h BROKER -u ADMIN -P PASSWORD",
    "# Before it, for each user: mosquitto_ctrl … dynsec createClient NAME",
    "set -e",
    ...["publishClientSend", "publishClientReceive", "subscribe"].map((kind) =>
      call("setDefaultACLAccess", kind, "deny")
    ),
    "",
    ...agents.flatMap((name) => {
      const { agentWrites, agentReads } = allowed(wanted, name);
      return role(
        `agent-${name}`,
        access(`agent-${name}`, "publishClientSend", agentWrites),
        access(`agent-${name}`, "subscribePattern", agentReads),
        access(`agent-${name}`, "publishClientReceive", agentReads),
        call("addClientRole", name, `agent-${name}`),
      );
    }),
    ...role(
      "manager",
      ...managerReads.flatMap((topic) => [
        access("manager", "subscribePattern", topic),
        access("manager", "publishClientReceive", topic),
      ]),
      access("manager", "publishClientSend", managerWrites),
      call("addClientRole", manager, "manager"),
    ),
  ].join("\n");
}
