import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { checkAddress, readAddress } from "../../../../fleet/store/postgres/address.ts";
import { blobs, storable, texts } from "../../../../fleet/store/postgres/arrays.ts";
import { told } from "../../../../fleet/store/postgres/faults.ts";

describe("an address of PostgreSQL", () => {
  test("is read, and told without its password", () => {
    const one = readAddress("postgres://fleet:s%40cret@db.example:6432/history", undefined);
    assert.deepEqual(one, {
      host: "db.example",
      port: 6_432,
      database: "history",
      user: "fleet",
      password: "s@cret",
      ssl: "prefer",
      place: "postgres://fleet@db.example:6432/history",
    });
    assert.equal(readAddress("postgres://fleet:one@db/x", "two").password, "two");
    assert.equal(readAddress("postgresql://fleet@db", undefined).database, "fleet");
    assert.equal(readAddress("postgres://fleet@[::1]/x", undefined).host, "::1");
  });

  test("encrypts the way to other machines where it can, and checks who is there where it is told to", () => {
    const ssl = (rest: string) => readAddress(`postgres://fleet@${rest}`, undefined).ssl;
    assert.equal(ssl("localhost/x"), false);
    assert.equal(ssl("db/x"), "prefer");
    assert.equal(ssl("db/x?sslmode=require"), "require");
    assert.deepEqual(ssl("db/x?sslmode=verify-full"), {});
    assert.equal(ssl("localhost/x?host=/run/postgresql"), false);
  });

  test("that is none is told in one line, without what may be a password", () => {
    const wrong = {
      "postgres://db/x": /no user/,
      "mysql://fleet@db/x": /not a URL of PostgreSQL/,
      "postgres://fleet@db/x?sslmode=maybe": /sslmode "maybe".*verify-full/,
      "postgres://fleet@db/x?sslmode=require&sslrootcert=/ca": /sslrootcert is of sslmode=verify-full/,
      "postgres://fleet@db/x?sslrootcert=/no/such/file": /cannot read sslrootcert/,
      "postgres://fleet@db/x?connect_timeout=1": /\?connect_timeout= is not known/,
      "postgres://fleet:s%ZZecret@db/x": /write %25/,
    };
    for (const [url, message] of Object.entries(wrong)) {
      assert.throws(() => readAddress(url, undefined), (error: Error) => {
        assert.match(error.message, message);
        assert.doesNotMatch(error.message, /ecret|\n/);
        return true;
      });
    }
  });
});

test("a URL that people write has no password in it", () => {
  assert.throws(
    () => checkAddress("postgres://fleet:s3cret@db/x"),
    /^ProctorError: [^\n]*PGPASSWORD or store_password_file$/,
  );
  checkAddress("postgres://fleet@db/x");
});

test("arrays of texts and bytes keep what they can, whatever is in them", () => {
  fc.assert(fc.property(fc.array(fc.option(fc.string({ unit: "binary" }), { nil: null })), (values) => {
    assert.deepEqual(read(texts(values)), values.map((value) => value === null ? null : storable(value)));
  }));
  fc.assert(fc.property(fc.array(fc.uint8Array()), (values) => {
    assert.deepEqual(read(blobs(values)), values.map((value) => `\\x${Buffer.from(value).toString("hex")}`));
  }));
  assert.equal(storable("a\0b\uD800"), "a\uFFFDb\uFFFD");
});

test("a fault of our own stays what it is", () => {
  const fault = new TypeError("x is not a function");
  assert.equal(told("postgres://fleet@db/x", fault), fault);
});

/** An array as PostgreSQL's manual says that it is read. */
function read(text: string): (string | null)[] {
  assert.match(text, /^\{.*\}$/s);
  const elements = [...text.slice(1, -1).matchAll(/(NULL|"((?:[^"\\]|\\.)*)")(,|$)/gsu)];
  assert.equal(elements.reduce((sum, [all]) => sum + all.length, 0), text.length - 2);
  return elements.map(([, whole, inside]) => whole === "NULL" ? null : inside!.replaceAll(/\\(.)/gsu, "$1"));
}
