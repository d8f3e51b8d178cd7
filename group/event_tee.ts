import type { MemberNews } from "../core/measure/member_news.ts";
import type { ProcessTable } from "../core/measure/process_table.ts";
import type { ProcessEventSink } from "../platform/mod.ts";

/** Tell the table of processes and the news of the tree the same; not of a cgroup, which is entered from outside. */
export function tee(table: ProcessTable, news: MemberNews): ProcessEventSink {
  return {
    forked(pid, parentPid, atNs) {
      table.forked(pid, parentPid, atNs);
      news.forked(pid, parentPid, atNs);
    },
    threadStarted(pid, threadId) {
      table.threadStarted(pid, threadId);
      news.threadStarted(pid);
    },
    executed(pid, atNs, words) {
      table.executed(pid, atNs, words);
      news.executed(pid);
    },
    leaving: (pid, atNs) => table.leaving(pid, atNs),
    exited(pid, threadId, end, atNs, totals) {
      table.exited(pid, threadId, end, atNs, totals);
      news.exited(pid, threadId);
    },
    accounted: (accounts) => table.accounted(accounts),
  };
}
