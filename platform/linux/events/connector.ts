import type { NoProcessEvents } from "../../contract/process_events.ts";
import { describeErrno, EPERM } from "../sys/errno.ts";
import { CONNECTOR_EVENT, connectorRequest, parseConnectorEvent } from "./connector_message.ts";
import type { ConnectorEvent } from "./connector_message.ts";
import { NetlinkSocket } from "./netlink_socket.ts";

const NETLINK_CONNECTOR = 11;
/** The multicast group of process events, as a mask. */
const PROCESS_GROUP = 1;
const DATAGRAM_SIZE = 128;
const ECONNREFUSED = 111;

/** The process events connector: births, executions and ends of all processes of the machine. */
export class Connector {
  private constructor(readonly socket: NetlinkSocket) {}

  /**
   * Open it. Only the kernel's answer to our own request shows that we are told: events, and answers to others, come as
   * well where it has passed our request over, and end when others listen no more.
   */
  static open(bufferBytes: number): Connector | NoProcessEvents {
    const socket = NetlinkSocket.open(NETLINK_CONNECTOR, PROCESS_GROUP, DATAGRAM_SIZE, bufferBytes);
    if (typeof socket === "number") return refusedSocket(-socket);
    const token = crypto.getRandomValues(new Uint32Array(1))[0];
    const sent = socket.send(connectorRequest("listen", token, false));
    // It is there when the request has been sent.
    const answer = sent < 0 ? -sent : answerIn(socket, token);
    if (answer === 0) {
      // Asked for second: of the events that are told to a filtered request its own answer is none.
      socket.send(connectorRequest("listen", token, true));
      return new Connector(socket);
    }
    socket.close();
    return answer === null ? UNANSWERED : refusedRequest(answer);
  }

  /** Hand over what has happened. */
  drain(take: (event: ConnectorEvent) => void): void {
    this.socket.drain((view, at, length) => {
      const event = parseConnectorEvent(view, at, length);
      if (event && event.what !== CONNECTOR_EVENT.ack) take(event);
    });
  }

  /** Stop listening: the kernel's count of listeners would not be lowered by closing alone. */
  close(): void {
    this.socket.send(connectorRequest("ignore", 0, false));
    this.socket.close();
  }
}

/** The error that the kernel answers, 0 for none; null where it does not answer. */
function answerIn(socket: NetlinkSocket, token: number): number | null {
  let answer: number | null = null;
  socket.drain((view, at, length) => {
    const event = parseConnectorEvent(view, at, length);
    if (event?.what === CONNECTOR_EVENT.ack && event.token === token) answer ??= event.status;
  });
  return answer;
}

const UNANSWERED: NoProcessEvents = {
  reason: "the kernel does not answer who asks for process events out of a user or PID namespace of its own",
  advice: "run proctor outside of the container, or the container in the machine's user and PID namespaces",
};
const AS_ROOT = "run proctor as root, or give it CAP_NET_ADMIN";

function refusedSocket(errno: number): NoProcessEvents {
  if (errno === EPERM) {
    return { reason: "process events need CAP_NET_ADMIN before Linux 6.6", advice: AS_ROOT };
  }
  return {
    reason: `the process events connector cannot be opened: ${describeErrno(errno)}`,
    advice: "a kernel with CONFIG_PROC_EVENTS, and no seccomp filter against netlink sockets",
  };
}

function refusedRequest(errno: number): NoProcessEvents {
  if (errno === ECONNREFUSED) {
    return {
      reason: "process events are available in the machine's own network namespace only",
      advice: "run proctor outside of the container, or the container with the host's network",
    };
  }
  return { reason: `process events are refused: ${describeErrno(errno)}`, advice: AS_ROOT };
}
