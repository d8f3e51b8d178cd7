import { ProctorError, usageError } from "../../../core/error.ts";
import { reasonOf } from "../../../io/errno_words.ts";
import { readTextFile } from "../../../io/text_file.ts";

const PORT = 5_432;
const MOST_FILE_BYTES = 1 << 20;
const MODES = ["disable", "prefer", "require", "verify-full"] as const;
type Mode = (typeof MODES)[number];
const PARAMETERS = ["host", "sslmode", "sslrootcert"];

/** How a server is reached. */
export interface Address {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly password: string;
  readonly ssl: false | "prefer" | "require" | { readonly ca?: string };
  /** The same for people: without a password. */
  readonly place: string;
}

/** @throws ProctorError of kind `usage` with one clause of what is wrong with a URL that people have written */
export function checkAddress(url: string): void {
  const { ssl: _, ...address } = read(url);
  if (address.password !== "") {
    throw usageError(
      "a password in the URL is visible to all who see the URL; use PGPASSWORD or store_password_file",
    );
  }
}

/**
 * Read `postgres://USER@HOST:PORT/DATABASE`. A directory in `?host=` is where the socket of a server on this machine
 * is. `?sslmode=` is disable, prefer, require or verify-full, with `?sslrootcert=` a file of authorities.
 * @param password over that in the URL
 * @throws ProctorError of kind `usage`
 */
export function readAddress(url: string, password?: string): Address {
  const { ssl: { mode, file }, ...address } = read(url);
  return { ...address, password: password ?? address.password, ssl: sslOf(mode, file) };
}

function read(url: string): Omit<Address, "ssl"> & { ssl: { mode: Mode; file: string | null } } {
  if (!URL.canParse(url) || !/^postgres(ql)?:\/\//.test(url)) {
    throw usageError("it is not a URL of PostgreSQL; write postgres://USER@HOST/DATABASE");
  }
  const { hostname, port, username, password: inUrl, pathname, searchParams } = new URL(url);
  const strange = [...searchParams.keys()].find((name) => !PARAMETERS.includes(name));
  if (strange !== undefined) {
    throw usageError(`?${strange}= is not known; there is ${PARAMETERS.join(", ")}`);
  }
  const user = decoded(username);
  const database = decoded(pathname.slice(1)) || user;
  if (user === "") throw usageError("there is no user; write postgres://USER@HOST/DATABASE");
  const host = searchParams.get("host") ?? (hostname.replace(/^\[|\]$/g, "") || "localhost");
  const where = host.startsWith("/") ? `?host=${host}` : "";
  const authority = `${user}@${where === "" ? host : "localhost"}${port === "" ? "" : `:${port}`}`;
  return {
    host,
    port: port === "" ? PORT : Number(port),
    database,
    user,
    password: decoded(inUrl),
    ssl: modeOf(searchParams, host),
    place: `postgres://${authority}/${database}${where}`,
  };
}

function modeOf(parameters: URLSearchParams, host: string): { mode: Mode; file: string | null } {
  const file = parameters.get("sslrootcert");
  const isHere = host.startsWith("/") || host === "localhost" || host === "127.0.0.1" || host === "::1";
  const given = parameters.get("sslmode") ?? (file !== null ? "verify-full" : isHere ? "disable" : "prefer");
  const mode = MODES.find((one) => one === given);
  if (mode === undefined) throw usageError(`sslmode "${given}" is not known; there is ${MODES.join(", ")}`);
  if (mode !== "verify-full" && file !== null) {
    throw usageError(`sslrootcert is of sslmode=verify-full, not of ${mode}`);
  }
  if (mode !== "disable" && host.startsWith("/")) throw usageError("nothing is encrypted by a socket");
  return { mode, file };
}

function sslOf(mode: Mode, file: string | null): Address["ssl"] {
  if (mode !== "verify-full") return mode === "disable" ? false : mode;
  if (file === null) return {};
  try {
    return { ca: readTextFile(file, MOST_FILE_BYTES) };
  } catch (error) {
    throw new ProctorError("system", `cannot read sslrootcert ${file}: ${reasonOf(error)}`);
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw usageError(
      "the URL has a % that is not followed by two hexadecimal digits; write %25 for it",
    );
  }
}
