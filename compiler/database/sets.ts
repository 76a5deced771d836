/** Address and port sets of the database, each kept once. Index 0 stands for any. */
import { AddressSetRecord, PortSetRecord } from "../../assembly/abi/rules.ts";
import { type AddressSet, isAnyAddress } from "../address.ts";
import { ANY_PORT, type PortSet } from "../port.ts";
import { equalSets } from "../ranges.ts";
import { type BytePool, Growing } from "./bytes.ts";

const MASK = (1n << 64n) - 1n;

export class SetWriter {
  readonly #pool: BytePool;
  readonly #addresses = new Growing(4096);
  readonly #ports = new Growing(4096);
  readonly #addressIndex = new Map<string, number>();
  readonly #portIndex = new Map<string, number>();
  readonly #knownAddresses = new Map<AddressSet, number>();

  constructor(pool: BytePool) {
    this.#pool = pool;
    this.#addresses.reserve(AddressSetRecord.size);
    this.#ports.reserve(PortSetRecord.size);
  }

  address(set: AddressSet): number {
    const known = this.#knownAddresses.get(set);
    if (known !== undefined) return known;
    const index = isAnyAddress(set) ? 0 : this.#addAddress(set);
    this.#knownAddresses.set(set, index);
    return index;
  }

  #addAddress({ v4, v6 }: AddressSet): number {
    const ranges4 = new DataView(new ArrayBuffer(v4.length * 8));
    v4.forEach(([low, high], i) => {
      ranges4.setUint32(i * 8, low, true);
      ranges4.setUint32(i * 8 + 4, high, true);
    });
    const ranges6 = new DataView(new ArrayBuffer(v6.length * 32));
    v6.forEach(([low, high], i) => {
      [low >> 64n, low & MASK, high >> 64n, high & MASK].forEach((part, j) => {
        ranges6.setBigUint64(i * 32 + j * 8, part, true);
      });
    });
    // Equal ranges lie at equal offsets.
    const [at4, at6] = [this.#bytes(ranges4), this.#bytes(ranges6)];
    const key = `${at4} ${v4.length} ${at6} ${v6.length}`;
    const known = this.#addressIndex.get(key);
    if (known !== undefined) return known;
    const out = this.#addresses;
    const at = out.reserve(AddressSetRecord.size);
    out.u32(at + AddressSetRecord.ipv4, at4);
    out.u32(at + AddressSetRecord.ipv4Count, v4.length);
    out.u32(at + AddressSetRecord.ipv6, at6);
    out.u32(at + AddressSetRecord.ipv6Count, v6.length);
    const index = at / AddressSetRecord.size;
    this.#addressIndex.set(key, index);
    return index;
  }

  port(set: PortSet): number {
    if (equalSets(set, ANY_PORT)) return 0;
    const key = set.join(";");
    const known = this.#portIndex.get(key);
    if (known !== undefined) return known;
    const ranges = new DataView(new ArrayBuffer(set.length * 4));
    set.forEach(([low, high], i) => {
      ranges.setUint16(i * 4, low, true);
      ranges.setUint16(i * 4 + 2, high, true);
    });
    const at = this.#ports.reserve(PortSetRecord.size);
    this.#ports.u32(at + PortSetRecord.ranges, this.#bytes(ranges));
    this.#ports.u32(at + PortSetRecord.count, set.length);
    const index = at / PortSetRecord.size;
    this.#portIndex.set(key, index);
    return index;
  }

  #bytes(view: DataView): number {
    return view.byteLength === 0 ? 0 : this.#pool.intern(new Uint8Array(view.buffer), 8);
  }

  get addresses(): Uint8Array {
    return this.#addresses.bytes;
  }

  get ports(): Uint8Array {
    return this.#ports.bytes;
  }
}
