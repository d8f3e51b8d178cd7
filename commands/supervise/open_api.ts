import { join } from "node:path";
import { ProctorError } from "../../core/error.ts";
import { reasonOf } from "../../io/errno_words.ts";
import { readTextFile } from "../../io/text_file.ts";
import type { ApiServer } from "../../supervisor/api/serve.ts";
import type { Supervisor } from "../../supervisor/supervisor.ts";

/** A token is shorter. */
const MOST_TOKEN_BYTES = 4_096;

/** By default at a socket for our own user; at a port where the configuration names one. */
export async function openApi(supervisor: Supervisor, socket: string | undefined): Promise<ApiServer> {
  const [{ ApiServer }, { SOCKET_NAME }] = await Promise.all([
    import("../../supervisor/api/serve.ts"),
    import("../../supervisor/kept/file_names.ts"),
  ]);
  const { port, bind_address: host, token, token_file } = supervisor.manager;
  return await ApiServer.open(supervisor, {
    socket: socket ?? join(supervisor.info().base_directory, SOCKET_NAME),
    port: port === undefined
      ? undefined
      : { host, port, token: token ?? (token_file === undefined ? undefined : readToken(token_file)) },
  });
}

function readToken(path: string): string {
  try {
    const token = readTextFile(path, MOST_TOKEN_BYTES).trim();
    if (token.length >= 16) return token;
  } catch (error) {
    throw new ProctorError("usage", `process_manager.token_file: cannot read "${path}": ${reasonOf(error)}`);
  }
  throw new ProctorError("usage", `process_manager.token_file: "${path}" holds less than 16 characters`);
}
