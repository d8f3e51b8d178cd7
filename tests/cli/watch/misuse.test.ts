/* Whatever is wrong is told in a line each, and nothing is watched. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { describe, test } from "node:test";
import { withDirectory } from "../support/directory.ts";
import { proctor } from "../support/proctor.ts";

/** Flags that make no sense, and what is said. */
const FLAGS: readonly (readonly [string[], RegExp])[] = [
  [[], /nothing to watch; write for example --name nginx, or --config FILE/],
  [["--pid", "0"], /--pid: "0": write a process ID, such as 4711/],
  [["--pid", "4194305"], /watch: there is no process 4194305/],
  [["--port", "70000"], /--port: "70000": write a port from 1 to 65535/],
  [
    ["--container", "a b"],
    /--container: "a b": it is not a container; write its name, such as web, or the beg/,
  ],
  [["--pod", "a/b/c"], /--pod: "a\/b\/c": it is not a pod; write its name, such as web-0 or default\/web-0/],
  [["--unit", "a b"], /--unit: "a b": it is not a unit; write its name, such as nginx or nginx.service/],
  [
    ["--unit", "x", "--no-tree"],
    /--no-tree: a container, a pod or a unit is watched as a whole; leave it out/,
  ],
  [["--name", ""], /--name: "": it is empty/],
  [["--command-line", "("], /--command-line: "\(": it is not a regular expression/],
  [["--name", "x", "--interval", "5x"], /--interval: "5x" is not a duration; write a positive one/],
  [["--name", "x", "--health-interval", "never"], /--health-interval: "never" is not a duration/],
  [["--name", "x", "--profile", "fastest"], /profile: there is none called "fastest"/],
  [["--name", "x", "--profile", "none.json"], /profile: cannot read none.json: no such file/],
  [["--name", "x", "--follow", "two"], /--follow: "two".*each, one/],
  [["--name", "x", "--task-id", "y"], /--task-id: several processes would have one name; add \{pid\}/],
  [["--name", "x", "--task-id", "{uuid}"], /--task-id: "\{uuid\}" is unknown/],
  [["--name", "x", "--name", "x"], /two targets would be called "x"/],
  [["--name", "x", "--config", "y.yaml"], /--config: targets stand in the file/],
  [["--config", "none.yaml"], /none.yaml: no such file or directory$/m],
  [["--name", "x", "--mqtt-qos", "1"], /--mqtt-qos: nothing uses it; add --mqtt/],
  [["--name", "x", "--mqtt", "http://h"], /--mqtt: "http:\/\/h" has a protocol that is not mqtt/],
  [["--name", "x", "--records-keep", "3"], /--records-keep: only a file can be rotated; add --records FILE/],
  [["--name", "x", "--records-keep", "10001"], /--records-keep: "10001".*a whole number from 1 to 10000/],
  [["--name", "x", "--records-keep", "1e9"], /--records-keep: "1e9".*a whole number from 1 to 10000/],
  [["--name", "x", "--records", "f", "--records-gzip"], /--records-gzip: nothing is rotated/],
  [["x"], /too many arguments|unexpected/i],
];

/** A faulty file, and the lines that are said of it. */
const FILES: readonly (readonly [string, ...RegExp[]])[] = [
  ["", /^watch.yaml:1:1: the file is empty; it needs targets$/],
  ["- a\n", /^watch.yaml:1:1: it is not a mapping; it begins with targets:$/],
  ["targets: [\n", /^watch.yaml:2:1: this is not YAML: /],
  ["targets: []\n", /^watch.yaml:1:10: targets: \[\] is empty; it has at least one entry$/],
  ["profile: standard\n", /^watch.yaml:1:1: targets: is missing; it is a list$/],
  [
    "targets:\n  - {}\n",
    /^watch.yaml:2:5: targets.0: it selects nothing; write one of pid, pid_file, name/,
  ],
  [
    "targets:\n  - id: a\n    nam: b\n",
    /:3:5: targets.0.nam: there is no such key; did you mean "name"\?$/,
  ],
  [
    "targets:\n  - name: a\n  - name: a\n",
    /^watch.yaml:3:5: targets.1: the id "a" is taken \(line 2\); choose another$/,
  ],
  [
    "targets:\n  - name: a\n    name: b\n",
    /^watch.yaml:3:5: name: it is there already \(line 2\); leave one out$/,
  ],
  [
    "targets:\n  - container: a b\n  - {unit: nginx, tree: false}\n  - pod: ''\n",
    /^watch.yaml:2:16: targets.0.container: "a b" is not a container; write its name, such as web, or the beg/,
    /^watch.yaml:3:25: targets.1.tree: a container, a pod or a unit is watched as a whole; leave it out$/,
    /^watch.yaml:4:10: targets.2.pod: "" is not a pod/,
  ],
  ["targets:\n  - pid: x\n", /^watch.yaml:2:10: targets.0.pid: "x" is not a whole number|a number/],
  ["targets:\n  - {port: 0}\n", /^watch.yaml:2:12: targets.0.port: 0 is too small; it is at least 1$/],
  [
    "targets:\n  - command_line: '['\n",
    /^watch.yaml:2:19: targets.0.command_line: is not a regular expression/,
  ],
  [
    "targets:\n  - {name: a, profile: fastest}\n",
    /^watch.yaml:2:24: targets.0.profile: there is no profile "fastest"; there are adaptive/,
  ],
  [
    "targets:\n  - {name: a, profile: {interval: 5x}}\n",
    /targets.0.profile: interval: "5x" is not a duration/,
  ],
  [
    "targets:\n  - {name: a, follow: both}\n",
    /^watch.yaml:2:23: targets.0.follow: "both" is none of each, one/,
  ],
  [
    "targets:\n  - {name: a, task_id: b}\n",
    /targets.0.task_id: several processes would have one name; add \{pid\}/,
  ],
  [
    "targets:\n  - {name: a, task_id: '{x}-{pid}'}\n",
    /targets.0.task_id: "\{x\}" is unknown; there are \{target\}/,
  ],
  [
    "interval: 10\ntargets: [{name: a}]\n",
    /^watch.yaml:1:11: interval: "10" is not a duration; write "10ms" or "10s"$/,
  ],
  [
    "health_interval: 10\ntargets: [{name: a}]\n",
    /^watch.yaml:1:18: health_interval: "10" is not a duration; write "10ms" or "10s"$/,
  ],
  ["mqtt_qos: 1\ntargets: [{name: a}]\n", /^watch.yaml:1:1: mqtt_qos: nothing uses it; add mqtt$/],
  [
    "mqtt: mqtt://h\ninstance: a\nproplet_id: a\nmqtt_topic: x\ntopic: y\ntargets: [{name: a}]\n",
    /^watch.yaml:2:1: instance: it is proplet_id by its plain name; write one of the two$/,
    /^watch.yaml:4:1: mqtt_topic: it is topic by its plain name; write one of the two$/,
  ],
  [
    "instance: a/b\nmqtt_topic_style: c\ntargets: [{name: a}]\n",
    /^watch.yaml:1:11: instance: "a\/b" is not a name of a topic; /,
    /^watch.yaml:2:19: mqtt_topic_style: "c" is none of go, rust, agent$/,
  ],
  [
    "mqtt: localhost\ntargets: [{name: a}]\n",
    /^watch.yaml:1:7: mqtt: "localhost" is not a URL; write one such as mqtt:\/\/host$/,
  ],
  [
    "mqtt: ${NOT_SET_ANYWHERE}\ntargets: [{name: a}]\n",
    /^watch.yaml:1:7: the variable NOT_SET_ANYWHERE is not set/,
  ],
  [
    "records_max_size: 10\nrecords: a\ntargets: [{name: a}]\n",
    /^watch.yaml:1:19: records_max_size: "10" is not a size; write "10M" or "10B"$/,
  ],
  [
    "records_keep: 5\ntargets: [{name: a}]\n",
    /^watch.yaml:1:1: records_keep: nothing uses it; add records with a file$/,
  ],
  [
    "interval: x\ntargets:\n  - name: a\n    port: 0\n",
    /^watch.yaml:1:11: interval: "x" is not a duration/,
    /^watch.yaml:4:11: targets.0.port: 0 is too small/,
  ],
];

describe("proctor watch is told what is wrong with", () => {
  for (const [flags, said] of FLAGS) {
    test(`the flags ${JSON.stringify(flags)}`, { timeout: 120_000 }, async () => {
      const { code, stdout, stderr } = await proctor(["watch", ...flags], { cwd: "/" });
      assert.equal(code, 125, stderr);
      assert.equal(stdout.toString(), "");
      assert.match(stderr, said);
      assert.equal(stderr.trimEnd().split("\n").length, 1, stderr);
    });
  }

  for (const [text, ...lines] of FILES) {
    test(`the file ${JSON.stringify(text)}`, { timeout: 120_000 }, async () => {
      await withDirectory(async (directory) => {
        writeFileSync(`${directory}/watch.yaml`, text);
        const { code, stdout, stderr } = await proctor(["watch", "--config", "watch.yaml"], {
          cwd: directory,
        });
        assert.equal(code, 125, stderr);
        assert.equal(stdout.toString(), "");
        const said = stderr.trimEnd().split("\n").map((line) => line.replace(/^proctor: /, ""));
        assert.equal(said.length, lines.length, stderr);
        lines.forEach((line, index) => assert.match(said[index], line));
      });
    });
  }
});
