const NAME = /^\/(?:dev\/(?:stdout|stderr|fd\/(\d{1,9}))|proc\/self\/fd\/(\d{1,9}))$/;

/**
 * The open descriptor of ours that a path names, as `/dev/stdout` does (proc_pid_fd(5)); null for any other path.
 * Opened by its path it would be another description of the file, which begins at its start, or none: of a socket.
 */
export function ownDescriptor(path: string): number | null {
  const found = NAME.exec(path);
  if (!found) return null;
  if (path === "/dev/stdout") return 1;
  if (path === "/dev/stderr") return 2;
  return Number(found[1] ?? found[2]);
}
