import { join } from "node:path";
import process from "node:process";
import { ProctorError, usageError } from "../../core/error.ts";
import { reasonOf } from "../../io/errno_words.ts";
import { readTextFile } from "../../io/text_file.ts";
import { defaultBaseDirectory, localAddress, readOwnFile } from "../../platform/mod.ts";
import { SOCKET_NAME, TOKEN_NAME } from "../kept/file_names.ts";

/** A token is shorter. */
const MOST_TOKEN_BYTES = 4_096;

/** Where to find the supervisor. */
export interface PlaceFlags {
  socket?: string;
  stateDir?: string;
  url?: string;
  tokenFile?: string;
}

/** A supervisor's door. */
export interface SupervisorPlace {
  /** What it is called in messages. */
  readonly name: string;
  readonly isTls: boolean;
  /** For `request` of node:http. */
  readonly options: { readonly socketPath: string } | { readonly host: string; readonly port: string };
  /** What a port wants to be shown. */
  readonly token: string | null;
}

/**
 * The supervisor that is meant: by its port where a URL is given, else by its socket, as given, as `PROCTOR_SOCKET`
 * says, or where one is by default.
 * @throws ProctorError when the flags contradict each other, or the token cannot be read
 */
export function supervisorPlace({ socket, stateDir, url, tokenFile }: PlaceFlags): SupervisorPlace {
  if (url !== undefined) {
    if (socket !== undefined) throw usageError("--url and --socket: give one of them");
    // What is ours is ours alone; what was named may be a link, as secrets are where they are mounted.
    const token = tokenFile !== undefined ? readToken(tokenFile, readTextFile) : readToken(
      join(stateDir ?? defaultBaseDirectory(), TOKEN_NAME),
      readOwnFile,
      "; name its file with --token-file",
    );
    return portPlace(url, token);
  }
  if (tokenFile !== undefined) throw usageError("--token-file: it is for a port; name that with --url");
  const path = socket ??
    (stateDir !== undefined
      ? join(stateDir, SOCKET_NAME)
      : process.env.PROCTOR_SOCKET || join(defaultBaseDirectory(), SOCKET_NAME));
  return { name: path, isTls: false, options: { socketPath: localAddress(path) }, token: null };
}

function portPlace(text: string, token: string): SupervisorPlace {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (!url || !["http:", "https:"].includes(url.protocol) || url.pathname !== "/" || url.username !== "") {
    throw usageError('--url: write a URL such as "http://127.0.0.1:50055"');
  }
  const isTls = url.protocol === "https:";
  return {
    name: url.origin,
    isTls,
    options: { host: url.hostname.replace(/^\[|\]$/g, ""), port: url.port || (isTls ? "443" : "80") },
    token,
  };
}

function readToken(
  path: string,
  read: (path: string, maxBytes: number) => string | null,
  advice = "",
): string {
  let why = "no such file or directory";
  try {
    const token = read(path, MOST_TOKEN_BYTES)?.trim();
    if (token && !/\s/.test(token)) return token;
    if (token !== undefined) why = "it holds no token";
  } catch (error) {
    why = reasonOf(error);
  }
  throw new ProctorError(
    "system",
    `the token of the supervisor's port cannot be read from "${path}": ${why}${advice}`,
  );
}
