/**
 * `dataset` (Suricata manual, datasets): is the buffer, or its digest, in the set? Sets of the database are sorted tables of 64-bit
 * hashes of the values; `set` and `unset` keep their own entries in the rule-state table.
 */
import { DatasetCommand, DatasetField } from "../../abi/content_conditions";
import { DatasetRecord, DatasetType } from "../../abi/datasets";
import { database, datasetCount, datasets } from "../../rules/database";
import { xxh64 } from "../../rules/digest";
import { addEntry, Entry, EntryKind, findEntry, key, removeEntry } from "../state/table";

const NAME_SALT: u32 = 0xda7a5e70;
const REMOVED: u32 = 2;

function stored(record: usize, hash: u64): bool {
  const values = database + load<u32>(record, DatasetRecord.values);
  let from: u32 = 0;
  let to = load<u32>(record, DatasetRecord.count);
  while (from < to) {
    const middle = (from + to) >> 1;
    const value = load<u64>(values + ((<usize>middle) << 3));
    if (hash < value) to = middle;
    else if (hash > value) from = middle + 1;
    else return true;
  }
  return false;
}

/** An address as sets keep it: 16 bytes, IPv4 in the first four. */
const padded: usize = memory.data(16);

/** Does the condition hold? Setting and unsetting hold when they changed something. */
export function inspectDataset(c: usize, data: usize, length: u32): bool {
  const index = load<u32>(c, DatasetField.dataset);
  if (index >= datasetCount || length == 0) return false;
  const record = datasets + <usize>index * DatasetRecord.size;
  const type = <u32>load<u8>(record, DatasetRecord.type);
  if (!fits(type, length)) return false;
  if (type == DatasetType.Ip && length == 4) {
    memory.fill(padded, 0, 16);
    store<u32>(padded, load<u32>(data));
    return lookUp(c, record, index, padded, 16);
  }
  return lookUp(c, record, index, data, length);
}

/** Values of a type have its size. */
function fits(type: u32, length: u32): bool {
  switch (type) {
    case DatasetType.Md5:
      return length == 16;
    case DatasetType.Sha256:
      return length == 32;
    case DatasetType.Ipv4:
      return length == 4;
    case DatasetType.Ip:
      return length == 4 || length == 16;
    default:
      return true;
  }
}

function lookUp(c: usize, record: usize, index: u32, data: usize, length: u32): bool {
  const hash = xxh64(data, length);
  const name = load<u32>(record, DatasetRecord.name) ^ NAME_SALT;
  key(hash, length, index, 0);
  const kept = findEntry(EntryKind.Dataset, name, 0);
  const removed = kept != 0 && changetype<Entry>(kept).count == REMOVED;
  const is = removed ? false : kept != 0 || stored(record, hash);
  switch (<u32>load<u8>(c, DatasetField.command)) {
    case DatasetCommand.IsSet:
      return is;
    case DatasetCommand.IsNotSet:
      return !is;
    case DatasetCommand.Set:
      if (is) return false;
      if (kept != 0) removeEntry(EntryKind.Dataset, name);
      if (removed && stored(record, hash)) return true;
      return addEntry(EntryKind.Dataset, name, 0, 0) != 0;
    case DatasetCommand.Unset: {
      if (!is) return false;
      if (kept != 0) removeEntry(EntryKind.Dataset, name);
      if (!stored(record, hash)) return true;
      const at = addEntry(EntryKind.Dataset, name, 0, 0);
      if (at != 0) changetype<Entry>(at).count = REMOVED;
      return at != 0;
    }
    default:
      return false;
  }
}
