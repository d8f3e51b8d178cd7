import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { ROOT } from "../../support/fixture.ts";

test("the page's script and style are built from what stands in render/page/browser", () => {
  const bun = `${ROOT}/node_modules/bun/bin/bun.exe`;
  const { status, stderr } = spawnSync(bun, [`${ROOT}/scripts/build_page.ts`, "--check"], {
    encoding: "utf8",
  });
  assert.equal(stderr, "");
  assert.equal(status, 0);
});
