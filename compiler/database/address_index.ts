/** IP-only rules by address: lists of thousands of bad hosts are found by a binary search, not tried one by one. */
import { AddressIndexRecord, AddressSide } from "../../assembly/abi/rules.ts";
import { type AddressSet, isAnyAddress } from "../address.ts";
import type { Signature } from "../signature/finish.ts";
import { type BytePool, Growing } from "./bytes.ts";

/** Rules of one side with the addresses they name there. */
type Entries = { rule: number; set: AddressSet }[];

/** Gathers the rules, then writes an index for each side that has any. */
export class AddressIndexBuilder {
  readonly #sides: readonly [source: Entries, destination: Entries] = [[], []];

  /** Files a rule under the side that names fewer addresses. @returns the set it is filed under; undefined: it names none */
  add(rule: number, { source, destination }: Signature): AddressSet | undefined {
    if (isAnyAddress(source) && isAnyAddress(destination)) return undefined;
    const side = coverage(source) <= coverage(destination) ? AddressSide.Source : AddressSide.Destination;
    const set = side === AddressSide.Source ? source : destination;
    this.#sides[side].push({ rule, set });
    return set;
  }

  /** Appends the rules of all intervals to `indices`, u32 each. @returns the records */
  write(pool: BytePool, indices: Growing): { bytes: Uint8Array; count: number } {
    const records = new Growing(2 * AddressIndexRecord.size);
    this.#sides.forEach((entries, side) => {
      if (entries.length === 0) return;
      const { firsts, lists } = intervals(entries);
      const at = records.reserve(AddressIndexRecord.size);
      const rules = indices.length / 4;
      const positions = new Uint32Array(firsts.length + 1);
      lists.forEach((list, i) => {
        positions[i + 1] = positions[i]! + list.length;
        for (const rule of list) indices.u32(indices.reserve(4), rule);
      });
      records.u32(at + AddressIndexRecord.side, side);
      records.u32(at + AddressIndexRecord.firsts, pool.add(bytesOf(firsts), 8));
      records.u32(at + AddressIndexRecord.positions, pool.add(bytesOf(positions), 8));
      records.u32(at + AddressIndexRecord.intervals, firsts.length);
      records.u32(at + AddressIndexRecord.rules, rules);
    });
    return { bytes: records.bytes, count: records.length / AddressIndexRecord.size };
  }
}

/** Addresses of IPv4 in a set. */
function coverage({ v4 }: AddressSet): number {
  return v4.reduce((sum, [low, high]) => sum + high - low + 1, 0);
}

/** Cuts the addresses at every limit of a range: the first of each interval, and the rules that hold in it. */
function intervals(entries: Entries): { firsts: Uint32Array; lists: number[][] } {
  const changes = new Map<number, { begin: number[]; end: number[] }>([[0, { begin: [], end: [] }]]);
  const changesAt = (address: number): { begin: number[]; end: number[] } => {
    const known = changes.get(address) ?? { begin: [], end: [] };
    changes.set(address, known);
    return known;
  };
  for (const { rule, set } of entries) {
    for (const [low, high] of set.v4) {
      changesAt(low).begin.push(rule);
      if (high < 0xffff_ffff) changesAt(high + 1).end.push(rule);
    }
  }
  const firsts = [...changes.keys()].sort((a, b) => a - b);
  const current = new Set<number>();
  const lists = firsts.map((first) => {
    const { begin, end } = changes.get(first)!;
    for (const rule of end) current.delete(rule);
    for (const rule of begin) current.add(rule);
    return [...current];
  });
  return { firsts: Uint32Array.from(firsts), lists };
}

function bytesOf(numbers: Uint32Array): Uint8Array {
  return new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);
}
