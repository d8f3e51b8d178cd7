import type { SavedGroup } from "../core/schema/saved_group.ts";
import type {
  Container,
  ContainerRequest,
  Platform,
  ProcessIdentity,
  ProcessReader,
  Wanted,
} from "../platform/mod.ts";

/** What another process has left of a tree: its container, and who is in it. */
export interface SavedTree {
  readonly container: Container;
  readonly readers: readonly ProcessReader[];
}

/**
 * Open a tree that another process has saved; null when none of the processes named is there any more, the same by PID
 * and birth, or the container is another tree's.
 * @throws ProctorError of kind `system` when its container is gone
 */
export function openSaved(
  platform: Platform,
  request: ContainerRequest,
  { directory, processes }: SavedGroup,
): SavedTree | null {
  // A cgroup tells itself who is in it, and whose it is.
  const mayBeIts = ({ pid }: ProcessIdentity) =>
    directory !== null || !platform.carriesOtherMark(pid, request.marker);
  const readers = processes.filter(mayBeIts)
    .flatMap((identity) => openSame(platform, identity, request.wanted) ?? []);
  const closeAll = () => readers.forEach((reader) => reader.close());
  if (readers.length === 0) return null;
  let container: Container;
  try {
    container = platform.adoptContainer(request, directory);
  } catch (error) {
    closeAll();
    throw error;
  }
  if (directory === null || readers.every((reader) => container.owns(reader.pid))) {
    return { container, readers };
  }
  closeAll();
  container.abandon();
  return null;
}

/** Open a process if it is still the same. */
function openSame(platform: Platform, { pid, birth }: ProcessIdentity, wanted: Wanted): ProcessReader | null {
  const reader = platform.openProcess(pid, wanted);
  if (!reader || (reader.birth === birth && !reader.isZombie)) return reader;
  reader.close();
  return null;
}
