/* Networks of a test's own: a namespace, or two with a cable between them. */
import { spawnSync } from "node:child_process";
import process from "node:process";
import { fixture } from "./fixture.ts";

/** Why there can be none; false when there can. */
export const noNamespace: string | false = process.getuid?.() !== 0
  ? "the tests do not run as root"
  : spawnSync("ip", ["-V"]).status !== 0
  ? "needs ip (package iproute2)"
  : spawnSync("unshare", ["--net", "ip", "link", "add", "v0", "type", "veth", "peer", "name", "v1"])
        .status !== 0 &&
    "needs a kernel with network namespaces and veth";

/** What is sent from one fixture program to another. */
export interface Exchange {
  readonly protocol: "tcp" | "udp";
  /** Where it is sent to. */
  readonly address: string;
  readonly bytes: number;
  /** Bytes of one write. */
  readonly piece: number;
}

const EXCHANGE = fixture("exchange_bytes");
/** Any will do: the namespace is ours. */
const PORT = 9;

function lines({ protocol, address, bytes, piece }: Exchange, listener = ""): string {
  return `${listener} ${EXCHANGE} listen ${protocol} ${address} ${PORT} ${bytes}
    ${EXCHANGE} connect ${protocol} ${address} ${PORT} ${bytes} ${piece}`;
}

/** A command that sends over the loopback of a namespace of its own. */
export function overLoopback(exchange: Exchange): string[] {
  return ["unshare", "--net", "sh", "-ec", `ip link set lo up\n${lines(exchange)}`];
}

/** The addresses at the far end of {@link overCable}. */
export const FAR = { 4: "10.99.0.2", 6: "fd99::2" } as const;

/** A command that sends from one namespace to another, both its own. */
export function overCable(exchange: Exchange): string[] {
  const script = `
    unshare --net sleep 60 & far=$!
    until [ "$(readlink /proc/$far/ns/net)" != "$(readlink /proc/self/ns/net)" ]; do sleep 0.01; done
    there="nsenter --net --target $far"
    ip link add v0 type veth peer name v1 netns $far
    ip addr add 10.99.0.1/24 dev v0; ip addr add fd99::1/64 dev v0 nodad; ip link set v0 up
    $there ip addr add ${FAR[4]}/24 dev v1; $there ip addr add ${
    FAR[6]
  }/64 dev v1 nodad; $there ip link set v1 up
    ${lines(exchange, "$there")}
    kill $far`;
  return ["unshare", "--net", "sh", "-ec", script];
}
