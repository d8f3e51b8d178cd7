import { createHash } from "node:crypto";
import { serverSentEvent } from "../../../io/net/stream_response.ts";
import { seenAgents } from "../../query/scope.ts";
import type { Scope } from "../../query/scope.ts";
import type { HostBoard } from "./host_board.ts";

/** Who has been told nothing for so many looks gets the whole anew: that is no more than what has changed. */
const MOST_LOOKS_BEHIND = 30;

/** Who watches hosts. */
export interface Watcher {
  /** The units that it may see, asked anew at each look: rights and units change. */
  readonly scope: () => Scope;
  /** Whether it may go on. */
  readonly isValid: () => boolean;
  /** The id of the last event that it has had; null: none. */
  readonly lastEventId: string | null;
}

/**
 * All hosts as one column of bytes for each figure, and then what has changed, at each look of the board, as
 * server-sent events. A reader that is slow is told of fewer looks, never of old ones.
 */
export async function* watchHosts(
  board: HostBoard,
  watcher: Watcher,
  signal: AbortSignal,
): AsyncGenerator<string> {
  const end = board.watch();
  try {
    let hosts = hostsOf(board, watcher.scope());
    let order = orderOf(hosts);
    let told = placeOf(watcher.lastEventId, order);
    while (!signal.aborted && watcher.isValid()) {
      const now = hostsOf(board, watcher.scope());
      const isSame = now.length === hosts.length && now.every((id, at) => id === hosts[at]);
      if (!isSame) [hosts, order] = [now, orderOf(now)];
      const { look } = board;
      const id = `${look}-${order}`;
      if (told === null || !isSame || told > look || look - told > MOST_LOOKS_BEHIND) {
        yield serverSentEvent("snapshot", { look, hosts, columns: board.columns(hosts) }, id);
      } else {
        const places = board.changedSince(told, hosts);
        const columns = board.columns(places.map((at) => hosts[at]));
        if (places.length > 0) yield serverSentEvent("delta", { look, places, columns }, id);
      }
      told = look;
      if (board.look === look) await board.next(signal);
    }
  } finally {
    end();
  }
}

function hostsOf(board: HostBoard, scope: Scope): number[] {
  return [...seenAgents(board.view, scope)].map(({ id }) => id).sort((a, b) => a - b);
}

/** A word for an order of hosts: places in it mean the same as long as it is the same. */
function orderOf(hosts: readonly number[]): string {
  return createHash("sha256").update(hosts.join()).digest("base64url").slice(0, 12);
}

/** The look of an event, where the order of its hosts is still that of ours. */
function placeOf(id: string | null, order: string): number | null {
  const found = /^(\d{1,15})-([\w-]{12})$/.exec(id ?? "");
  return found && found[2] === order ? Number(found[1]) : null;
}
