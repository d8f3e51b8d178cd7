import type { Container } from "./containment.ts";

/** Resources that a kernel can limit for each process, by their names in getrlimit(2). */
export type Resource =
  | "as"
  | "core"
  | "cpu"
  | "data"
  | "fsize"
  | "memlock"
  | "nproc"
  | "rss"
  | "sigpending"
  | "stack";

/** Limits by resource: bytes, seconds of CPU, or a count; Infinity for none. */
export type ResourceLimits = Readonly<Partial<Record<Resource, number>>>;

/** A command ready to be executed. */
export interface LaunchSpec {
  /** The path of the file to execute, as bytes: it need not be UTF-8. */
  readonly file: Uint8Array;
  /** Arguments, the zeroth included, as bytes without terminators. */
  readonly args: readonly Uint8Array[];
  /** Environment as `NAME=value` bytes. */
  readonly env: readonly Uint8Array[];
  /** Working directory; ours when undefined. */
  readonly cwd: string | undefined;
  /** Run as this user and group, with these other groups and no others; undefined to stay who we are. */
  readonly credentials?: { readonly uid: number; readonly gid: number; readonly groups: readonly number[] };
  /** Whether it leads a session of its own, so that a terminal's signals do not reach it. */
  readonly ownSession?: boolean;
  /** Most descriptors it may open (RLIMIT_NOFILE); what we were given ourselves when undefined. */
  readonly fileLimit?: number;
  /** Permissions that files it makes do not get (umask(2)); ours when undefined. */
  readonly fileModeMask?: number;
  /** Its nice value, -20 to 19 (setpriority(2)); ours when undefined. */
  readonly niceness?: number;
  /** Further limits of each of its processes (getrlimit(2)), soft and hard alike; Infinity for none. */
  readonly resourceLimits?: ResourceLimits;
  /** Whether it gets no others of our descriptors, whatever the runtime has left open for children. */
  readonly closesOthers?: boolean;
  /** Descriptors above 2 that the child gets besides, under the same numbers. */
  readonly inherited?: readonly number[];
  /** Which of our descriptors the child gets as its 0, 1 and 2. */
  readonly stdio: readonly [number, number, number];
}

/** A child that was started. */
export interface Launched {
  readonly pid: number;
}

/** Why a launch failed: the step, and the error in words. */
export interface LaunchFailure {
  readonly stage:
    | "containment"
    | "credentials"
    | "cwd"
    | "exec"
    | "file_limit"
    | "niceness"
    | "resource_limit"
    | "spawn";
  readonly errno: number;
  readonly message: string;
}

/** Starts commands. */
export interface Launcher {
  /**
   * The file that a command name stands for, in the environment and the working directory the command will have.
   * @throws ProctorError of kind `command_not_found` or `command_not_executable`
   */
  resolveCommand(name: Uint8Array, env: readonly Uint8Array[], cwd: string | undefined): Uint8Array;
  /** Start a command inside a container. */
  launch(spec: LaunchSpec, container: Container): Launched | LaunchFailure;
  /**
   * How a shell runs what failed to start because it is a script without a `#!` line; null where it is none, or it
   * failed for another reason.
   */
  asShellScript(spec: LaunchSpec, failure: LaunchFailure): LaunchSpec | null;
}
