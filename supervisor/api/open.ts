import { checkOptions, OBJECT, TEXT } from "../../core/option.ts";
import type { SupervisorControl } from "../control.ts";
import type { ServeOptions } from "./serve.ts";

/** An API that is served. */
export interface ServedApi {
  /** Where: paths of sockets, and `http://` addresses. */
  readonly addresses: readonly string[];
  /** The file with the generated token of the port; null if a token was given, or there is no port. */
  readonly tokenFile: string | null;
  /** End all streams, let answers under way be read, and let go of the sockets. */
  close(): Promise<void>;
}

/**
 * Serve the HTTP API of a supervisor (docs/supervisor-api.md) on a Unix socket, a port, or both. What it needs for that
 * is loaded now.
 * @throws ProctorError when it may not, or cannot, be served there
 */
export async function serveSupervisor(control: SupervisorControl, options: ServeOptions): Promise<ServedApi> {
  checkOptions(options, { socket: TEXT, port: OBJECT });
  const { ApiServer } = await import("./serve.ts");
  return await ApiServer.open(control, options);
}
