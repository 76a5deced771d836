/** Buffers and numbers of NFS rules, files among them (Suricata manual, NFS keywords, file keywords). */
import { Buffer, Field } from "../abi/buffers";
import { SimpleProgress } from "../abi/progress";
import { AppFile, FileState, fileAt, viewFile, viewFileName } from "./file";
import { number } from "./number";
import { AppState, Tx } from "./transaction";
import { valueBuffer, valueNumber } from "./values";

export function nfsBuffer(_state: AppState, tx: Tx, buffer: u32, direction: u32, index: u32): bool {
  if (buffer == Buffer.file_name) return viewFileName(fileAt(tx, direction, index));
  if (buffer == Buffer.file_data)
    return viewFile(fileAt(tx, direction, index), <u32>tx.progress(direction) >= <u32>SimpleProgress.Complete);
  return valueBuffer(tx, buffer, direction, index);
}

export function nfsNumber(_state: AppState, tx: Tx, field: u32, direction: u32, index: u32): bool {
  if (field == <u32>Field.filesize) {
    const at = fileAt(tx, direction, index);
    return at != 0 && changetype<AppFile>(at).state != FileState.Open && number(changetype<AppFile>(at).size);
  }
  return valueNumber(tx, field, direction, index);
}
