import assert from "node:assert/strict";
import { test } from "node:test";
import { withSecretsInCapitals } from "../../../platform/windows/own_status.ts";

test("what proctor alone is to know is told by its name in capitals, and nothing else is changed", () => {
  assert.equal(withSecretsInCapitals("Proctor_Mqtt_Password=Se=cret"), "PROCTOR_MQTT_PASSWORD=Se=cret");
  for (const entry of ["Path=C:\\Windows", "=C:=C:\\there", "Proctor_Label=x", "a"]) {
    assert.equal(withSecretsInCapitals(entry), entry);
  }
});
