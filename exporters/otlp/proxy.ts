import { BlockList, isIP } from "node:net";
import { usageError } from "../../core/error.ts";
import type { Variables } from "./variables.ts";

/** Ports that a URL leaves out. */
const PORTS: Readonly<Record<string, string>> = { "http:": "80", "https:": "443" };

/**
 * The proxy by which a URL is reached, by HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY, as curl(1) and Go read
 * them: small letters come first. This machine is never reached by one.
 * @throws ProctorError of kind `usage` for a proxy that is none over HTTP
 */
export function proxyFor(url: URL, variables: Variables): URL | undefined {
  const names = [`${url.protocol.slice(0, -1)}_proxy`, "all_proxy"].flatMap((
    name,
  ) => [name, name.toUpperCase()]);
  const name = names.find((one) => variables[one]?.trim());
  if (name === undefined || isExempt(url, variables.no_proxy || variables.NO_PROXY || "")) return undefined;
  const text = variables[name]!.trim();
  const written = /^[a-z][a-z\d+.-]*:\/\//i.test(text) ? text : `http://${text}`;
  const proxy = URL.canParse(written) ? new URL(written) : undefined;
  // It may hold a password, so it is not repeated.
  if (proxy?.protocol !== "http:" || proxy.hostname === "") {
    throw usageError(
      `otlp: ${name} is not a proxy over HTTP; write http://HOST:PORT, or name the host in NO_PROXY`,
    );
  }
  return proxy;
}

/** The header that says who we are to a proxy; none without a user. */
export function proxyAuthorization({ username, password }: URL): Record<string, string> {
  if (username === "" && password === "") return {};
  const both = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { "proxy-authorization": `Basic ${Buffer.from(both).toString("base64")}` };
}

/**
 * Whether NO_PROXY has the host: `*`, a name with all below it, an address, a network `10.0.0.0/8`; perhaps with a
 * port.
 */
function isExempt(url: URL, list: string): boolean {
  const host = url.hostname.replace(/^\[(.*)\]$/, "$1").replace(/\.$/, "").toLowerCase();
  const port = url.port || PORTS[url.protocol];
  // Ourselves, as Go has it: no proxy could.
  if (/(^|\.)localhost$/.test(host) || isInNetwork(host, "127.0.0.0/8") || host === "::1") return true;
  return list.split(/[\s,]+/).filter((entry) => entry !== "").some((entry) => {
    if (entry === "*") return true;
    const [, name, wanted] = /^(\[[^\]]*\]|[^:]*|[^[\]]*:[^[\]]*:[^[\]]*):?(\d+)?$/.exec(entry) ?? [];
    const known = (isIP(entry) ? entry : name ?? entry).replace(/^\[(.*)\]$/, "$1").toLowerCase();
    if (!isIP(entry) && wanted !== undefined && wanted !== port) return false;
    if (known.includes("/")) return isInNetwork(host, known);
    const plain = known.replace(/^\*?\./, "");
    return host === plain || host.endsWith(`.${plain}`);
  });
}

function isInNetwork(host: string, network: string): boolean {
  const version = isIP(host);
  const [address, bits] = network.split("/");
  if (version === 0 || isIP(address) !== version) return false;
  const family = version === 4 ? "ipv4" : "ipv6";
  const block = new BlockList();
  try {
    block.addSubnet(address, Number(bits), family);
  } catch {
    return false;
  }
  return block.check(host, family);
}
