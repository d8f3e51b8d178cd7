/** Where a standard stream of a child goes: ours, nowhere, a pipe to us, or a descriptor of ours. */
export type Stdio = "inherit" | "null" | "pipe" | number;

/** How a command is started in a group. */
export interface StartOptions {
  /** Working directory; ours when undefined. */
  cwd?: string;
  /** Variables to set beside those of our own environment. */
  env?: Readonly<Record<string, string>>;
  /** Default `inherit`; a pipe is for output only. */
  stdin?: Exclude<Stdio, "pipe">;
  stdout?: Stdio;
  stderr?: Stdio;
  /** Run as this user; needs `gid` too, and the right to do so. */
  uid?: number;
  gid?: number;
  /** Lead a session of its own, which a terminal's Ctrl-C does not reach; default false. */
  ownSession?: boolean;
  /** Most descriptors each of its processes may open (RLIMIT_NOFILE); as we were started when undefined. */
  fileDescriptorLimit?: number;
}
