import { connect, isIP } from "node:net";
import type { Socket } from "node:net";
import { connect as connectSecurely } from "node:tls";
import type { Broker } from "../../exporters/mqtt/broker.ts";

/**
 * Begin to connect to a broker.
 * @param onOpen called once bytes may be sent; with TLS, when the broker's certificate has been found good
 */
export function openSocket(broker: Broker, onOpen: () => void): Socket {
  const { protocol, host = "localhost", port } = broker;
  if (protocol !== "mqtts") return connect({ host, port: port ?? 1883, noDelay: true }, onOpen);
  const { ca, cert, key } = broker;
  const servername = isIP(host) === 0 ? host : undefined;
  return connectSecurely({ host, port: port ?? 8883, servername, ca, cert, key }, onOpen);
}
