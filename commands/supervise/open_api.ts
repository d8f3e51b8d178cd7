import { join, resolve } from "node:path";
import { ProctorError } from "../../core/error.ts";
import { reasonOf } from "../../io/errno_words.ts";
import { readTextFile } from "../../io/text_file.ts";
import { listenAddress } from "../../exporters/settings.ts";
import type { ListenAddress } from "../../exporters/settings.ts";
import type { ApiServer, PageOptions } from "../../supervisor/api/serve.ts";
import type { Supervisor } from "../../supervisor/supervisor.ts";

/** A token is shorter. */
const MOST_TOKEN_BYTES = 4_096;

/**
 * By default at a socket for our own user; at a port where the configuration names one.
 * @param web where the page is served; over what the configuration says
 */
export async function openApi(
  supervisor: Supervisor,
  { socket, web }: { readonly socket?: string; readonly web?: ListenAddress },
): Promise<ApiServer> {
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
  }, await pageAt(web ?? supervisor.manager.web));
}

async function pageAt(address: ListenAddress | undefined): Promise<PageOptions | undefined> {
  if (!address) return undefined;
  const { supervisorPage } = await import("../../render/page/supervisor_page.ts");
  return { address, files: supervisorPage() };
}

/**
 * The value of `--web`.
 * @throws ProctorError of kind `usage` where it is none
 */
export function webOption(text: string): ListenAddress {
  const { success, data, error } = listenAddress(9_400).safeParse(text);
  if (!success) throw new ProctorError("usage", `--web: ${error.issues[0].message}`);
  return "path" in data ? { path: resolve(data.path) } : data;
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
