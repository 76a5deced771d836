/** What SMB rules look at: shares and pipes, logins, files, stubs; version and status. */
import { Buffer, Field } from "../abi/buffers";
import { Direction } from "../abi/codes";
import { SimpleProgress } from "../abi/progress";
import { AppFile, FileState, fileAt, viewFile, viewFileName } from "./file";
import { number } from "./number";
import { SmbKind, SmbTx } from "./smb_state";
import { Text } from "./text";
import { AppState, Tx } from "./transaction";
import { ViewFlag, view, viewWindow } from "./view";

function show(text: Text): bool {
  return text.length > 0 && view(text.data, text.length);
}

export function smbBuffer(_state: AppState, base: Tx, buffer: u32, direction: u32, index: u32): bool {
  const tx = changetype<SmbTx>(changetype<usize>(base));
  if (buffer == Buffer.file_name) return viewFileName(fileAt(base, direction, index));
  if (buffer == Buffer.file_data)
    return viewFile(fileAt(base, direction, index), <u32>base.progress(direction) >= <u32>SimpleProgress.Complete);
  if (index > 0) return false;
  const connects = tx.kind == <u8>SmbKind.TreeConnect;
  switch (buffer) {
    case Buffer.smb__named_pipe:
      return connects && tx.isPipe && show(tx.name);
    case Buffer.smb__share:
      return connects && !tx.isPipe && show(tx.name);
    case Buffer.smb__ntlmssp_user:
      return show(tx.user);
    case Buffer.smb__ntlmssp_domain:
      return show(tx.domain);
    case Buffer.dcerpc__stub_data: {
      const stub = tx.stub(direction);
      if (tx.kind != <u8>SmbKind.Dcerpc || stub.length == 0) return false;
      return viewWindow(stub.data, stub.length, 0, ViewFlag.Start | ViewFlag.End | ViewFlag.DcerpcLittle);
    }
    default:
      return false;
  }
}

export function smbNumber(_state: AppState, base: Tx, field: u32, direction: u32, index: u32): bool {
  const tx = changetype<SmbTx>(changetype<usize>(base));
  if (field == Field.filesize) {
    const at = fileAt(base, direction, index);
    if (at == 0 || changetype<AppFile>(at).state == FileState.Open) return false;
    return number(changetype<AppFile>(at).size);
  }
  if (index > 0) return false;
  if (field == Field.smb__version) return tx.version != 0 && number(tx.version);
  return field == Field.smb__status && tx.hasStatus && direction <= <u32>Direction.ToClient && number(tx.status);
}
