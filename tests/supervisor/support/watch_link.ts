/* Watches a file behind a link, as a user who may not list the link's directory: `watch_link.ts DIRECTORY`. */
import process from "node:process";
import { FileLook } from "../../../supervisor/watch/file_marks.ts";
import { FileWatch } from "../../../supervisor/watch/file_watch.ts";

const SETTLED_MS = 2_500;

const { look } = FileLook.prototype;
let looks = 0;
FileLook.prototype.look = function () {
  looks++;
  return look.call(this);
};
const rule = { directory: process.argv[2], paths: ["shut/cur/f"], ignore: [], debounceMs: 50 };
new FileWatch(rule, { onChange: () => console.log("changed"), onNotice: () => {} });
let [seen, sinceMs] = [0, performance.now()];
const timer = setInterval(() => {
  if (looks !== seen) [seen, sinceMs] = [looks, performance.now()];
  else if (performance.now() - sinceMs > SETTLED_MS) {
    console.log(`idle after ${looks} looks`);
    clearInterval(timer);
    setInterval(() => {}, 60_000);
  }
}, 20);
