/** The rule database that workers share: what is in force stays as it is while the next one is offered, in two buffers for ever. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { SharedDatabase } from "../../hosts/node/datapath/shared-database.ts";

const filled = (length: number, byte: number): Uint8Array => new Uint8Array(length).fill(byte);
const test = suite("shared database");

test("an offer leaves what is in force alone, also when it is refused", () => {
  const database = new SharedDatabase(filled(100, 1));
  database.offer(filled(120, 2));
  database.offer(filled(90, 3));
  assert.equal(database.inForce, filled(100, 1));
});

test("the last offer comes into force", () => {
  const database = new SharedDatabase(filled(100, 1));
  for (let round = 2; round < 10; round++) {
    database.replace(database.offer(filled(100 + (round % 3), round)));
    assert.equal(database.inForce, filled(100 + (round % 3), round));
  }
});

test("two buffers serve sets of about the same size", () => {
  const database = new SharedDatabase(filled(1000, 0));
  const buffers = new Set<ArrayBufferLike>([database.inForce.buffer]);
  for (let round = 1; round < 20; round++) {
    database.replace(database.offer(filled(1000 + round, round)));
    buffers.add(database.inForce.buffer);
  }
  assert.is(buffers.size, 2);
});

test.run();
