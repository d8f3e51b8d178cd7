import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { signalName, signalNumber } from "../../../../platform/linux/processes/signal.ts";

/** Perl's own table, made from the system's headers: the name of every signal, by its number. */
function perlNames(): string[] {
  return spawnSync("perl", ["-MConfig", "-e", "print $Config{sig_name}"], { encoding: "utf8" }).stdout.split(
    " ",
  );
}
const noPerl = perlNames().length < 32 && "needs perl (package perl-base)";

test("every standard signal has the name that the system gives it", { skip: noPerl }, () => {
  const names = perlNames();
  for (let number = 1; number <= 31; number++) assert.equal(signalName(number), `SIG${names[number]}`);
});

test("every name leads to its number, aliases too", { skip: noPerl }, () => {
  const names = perlNames();
  for (let number = 1; number <= 31; number++) assert.equal(signalNumber(`SIG${names[number]}`), number);
  assert.equal(signalNumber("SIGPOLL"), 29);
  assert.equal(signalNumber("SIGIOT"), 6);
});

test("real-time signals are counted from SIGRTMIN, and their names lead back", () => {
  assert.equal(signalName(34), "SIGRTMIN+0");
  assert.equal(signalName(40), "SIGRTMIN+6");
  for (const number of [35, 40, 64]) {
    assert.equal(signalNumber(signalName(number)), number, signalName(number));
  }
});

test("what is no signal has the number 0", () => {
  for (const name of ["", "TERM", "SIGNOPE", "sigterm", "SIGRTMIN+99", "__proto__", "toString"]) {
    assert.equal(signalNumber(name), 0, name);
  }
});
