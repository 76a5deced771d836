/** The heap against a model: pieces never overlap, keep what was written, are charged to their account, and all of it comes back. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { random } from "../../bench/random.ts";
import { buildRoom } from "../core-room.ts";

interface Heap {
  memory: { buffer: ArrayBuffer };
  configure(bytes: number): number;
  acquire(account: number, bytes: number): number;
  release(piece: number): void;
  resize(account: number, piece: number, bytes: number): number;
  capacityOf(piece: number): number;
  capAccount(account: number, bytes: number): void;
  usedBy(account: number): number;
  refusedBy(account: number): number;
}

interface Piece {
  at: number;
  bytes: number;
  account: number;
  fill: number;
}

const ACCOUNTS = 6;
const SIZES = [0, 1, 4, 12, 13, 28, 29, 100, 252, 255, 256, 1500, 4092, 70_000];

async function makeHeap(bytes: number): Promise<{ heap: Heap; memory: Uint8Array }> {
  const heap = (await buildRoom("test/memory/heap.core.ts")).exports as unknown as Heap;
  assert.ok(heap.configure(bytes));
  return { heap, memory: new Uint8Array(heap.memory.buffer) };
}

/** What a piece of `bytes` bytes is charged. */
const charge = (bytes: number): number => (bytes + 4 + 15) & ~15;

const test = suite("heap");

test("pieces keep their bytes whatever is acquired, resized and released around them", async () => {
  const { heap, memory } = await makeHeap(1 << 20);
  const next = random(7);
  const pieces: Piece[] = [];
  const check = ({ at, bytes, fill }: Piece): void => {
    assert.ok(memory.subarray(at, at + bytes).every((byte) => byte === fill));
    assert.is(at % 16, 0);
    assert.ok(heap.capacityOf(at) >= bytes);
  };
  const give = (index: number): void => {
    const [piece] = pieces.splice(index, 1);
    check(piece!);
    heap.release(piece!.at);
  };
  for (let step = 0; step < 20_000; step++) {
    const bytes = SIZES[next(SIZES.length)]! + next(3);
    const account = next(ACCOUNTS);
    const old = pieces[next(pieces.length + 1)];
    if (old !== undefined && next(4) === 0) {
      const at = heap.resize(old.account, old.at, bytes);
      if (at === 0) continue;
      const kept = Math.min(old.bytes, bytes);
      assert.ok(memory.subarray(at, at + kept).every((byte) => byte === old.fill));
      Object.assign(old, { at, bytes: Math.max(bytes, old.bytes > bytes ? kept : bytes) });
      memory.fill(old.fill, at, at + old.bytes);
    } else if (next(100) < 48 && pieces.length > 0) give(next(pieces.length));
    else {
      const at = heap.acquire(account, bytes);
      if (at === 0) continue;
      const fill = 1 + next(255);
      memory.fill(fill, at, at + bytes);
      pieces.push({ at, bytes, account, fill });
    }
  }
  while (pieces.length > 0) give(next(pieces.length));
  for (let account = 0; account < ACCOUNTS; account++) assert.is(heap.usedBy(account), 0);
  // All of it is one free block again: the largest class that fits can be had.
  assert.ok(heap.acquire(0, 900_000) > 0);
});

test("an account is charged by the piece, refused at its cap, and others are not", async () => {
  const { heap } = await makeHeap(1 << 16);
  heap.capAccount(1, 1000);
  const first = heap.acquire(1, 500);
  assert.is(heap.usedBy(1), charge(500));
  assert.is(heap.acquire(1, 600), 0);
  assert.is(heap.refusedBy(1), 1);
  assert.ok(heap.acquire(2, 600) > 0);
  heap.release(first);
  assert.is(heap.usedBy(1), 0);
  assert.ok(heap.acquire(1, 600) > 0);
});

test("what the region does not hold is refused", async () => {
  const { heap } = await makeHeap(1 << 16);
  assert.is(heap.acquire(0, 1 << 16), 0);
  assert.is(heap.acquire(0, 0xffff_ffff), 0);
  let count = 0;
  while (heap.acquire(0, 12) > 0) count++;
  assert.is(count, (1 << 12) - 1);
});

test.run();
