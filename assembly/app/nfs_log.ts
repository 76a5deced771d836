/** The `nfs` and `rpc` objects of EVE. */
import { Buffer, Field } from "../abi/buffers";
import { Direction } from "../abi/codes";
import { end, flag, map, number, word } from "../verdict/cbor";
import { NfsKey } from "./nfs";
import { nfs3Name, nfs4Name } from "./nfs_names";
import { NfsTx } from "./nfs_state";
import { foundNumber } from "./number";
import { RpcAuth } from "./rpc";
import { Tx } from "./transaction";
import { EITHER, logNumber, logText, numberOf, valueNumber } from "./values";

export function nfsLog(base: Tx): void {
  const tx = changetype<NfsTx>(changetype<usize>(base));
  rpc(base);
  if (!map("nfs")) return;
  const version = <u32>numberOf(base, Field.nfs_version, EITHER);
  const procedure = <u32>numberOf(base, Field.nfs_procedure, EITHER);
  number("version", version);
  word("procedure", version == 4 ? nfs4Name(procedure) : nfs3Name(procedure));
  logText(base, "filename", Buffer.nfs_file_name, EITHER);
  number("id", tx.id + 1);
  flag("file_tx", tx.isFile);
  const answered = valueNumber(base, NfsKey.Status, EITHER, 0);
  word("type", answered ? "response" : "request");
  if (answered) {
    if (foundNumber == 0) word("status", "OK");
    else number("status", foundNumber);
  }
  logText(base, "rename_to", NfsKey.Target, EITHER);
  end();
}

function rpc(tx: Tx): void {
  if (!valueNumber(tx, NfsKey.AuthType, EITHER, 0) || !map("rpc")) return;
  const auth = foundNumber;
  if (valueNumber(tx, NfsKey.RpcStatus, EITHER, 0)) word("status", foundNumber == 0 ? "ACCEPTED" : "REJECTED");
  word("auth_type", auth == RpcAuth.Unix ? "UNIX" : auth == RpcAuth.Gss ? "GSS" : "NULL");
  if (auth == RpcAuth.Unix && map("creds")) {
    logText(tx, "machine_name", NfsKey.Machine, EITHER);
    logNumber(tx, "uid", NfsKey.User, Direction.ToServer);
    logNumber(tx, "gid", NfsKey.Group, Direction.ToServer);
    end();
  }
  end();
}
