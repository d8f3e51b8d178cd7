/** A lock that the kernel gives back when its holder ends, whatever way. */
export interface Lock {
  /** Leads to the locked file itself, whatever lies under its name by now; to nothing without /proc. */
  readonly file: string;
  /** Let another process have it. */
  release(): void;
}

/** A user of the system as a login makes it. */
export interface Account {
  readonly uid: number;
  readonly gid: number;
  /** All its groups. */
  readonly groups: readonly number[];
  /** null, as what follows, for a number that no list of users has. */
  readonly name: string | null;
  readonly home: string | null;
  readonly shell: string | null;
}

/** Users, and what keeps programs of theirs out of each other's way. */
export interface Users {
  /**
   * A user by names or numbers, a group in place of its own; or why there is none.
   * @throws ProctorError of kind `system` when the machine's lists of users cannot be asked
   */
  findAccount(user: string | number, group: string | number | null): Account | string;
  /**
   * Close a directory to other users by an access list, and what will be made in it; left out where modes do that.
   * @throws ProctorError of kind `system` when it cannot be closed
   */
  closeDirectory?(path: string): void;
  /** Whether what listens locally is closed to other users by an access list, so that no peer need be told. */
  readonly keepsPeersOut: boolean;
  /** The user who has connected to a Unix socket, as noted when the connection was made; null when nothing says. */
  peerUser(descriptor: number): number | null;
  /**
   * Take a lock that the kernel gives back when we end, whatever way; the file is made. null when
   * another process has it.
   * @throws an error with the `code` of the failed open
   */
  lockFile(path: string): Lock | null;
}
