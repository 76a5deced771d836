/** Names of NFS procedures and operations as EVE writes them. */

/** A procedure of version 3 (RFC 1813 section 3.3); version 2's are shown by these names too, as Suricata does. */
export function nfs3Name(procedure: u32): string {
  switch (procedure) {
    case 0:
      return "NULL";
    case 1:
      return "GETATTR";
    case 2:
      return "SETATTR";
    case 3:
      return "LOOKUP";
    case 4:
      return "ACCESS";
    case 5:
      return "READLINK";
    case 6:
      return "READ";
    case 7:
      return "WRITE";
    case 8:
      return "CREATE";
    case 9:
      return "MKDIR";
    case 10:
      return "SYMLINK";
    case 11:
      return "MKNOD";
    case 12:
      return "REMOVE";
    case 13:
      return "RMDIR";
    case 14:
      return "RENAME";
    case 15:
      return "LINK";
    case 16:
      return "READDIR";
    case 17:
      return "READDIRPLUS";
    case 18:
      return "FSSTAT";
    case 19:
      return "FSINFO";
    case 20:
      return "PATHCONF";
    case 21:
      return "COMMIT";
    default:
      return "UNKNOWN";
  }
}

/** An operation of version 4 (RFC 7530 section 16). */
export function nfs4Name(operation: u32): string {
  switch (operation) {
    case 0:
      return "NULL";
    case 1:
      return "COMPOUND";
    case 3:
      return "ACCESS";
    case 4:
      return "CLOSE";
    case 5:
      return "COMMIT";
    case 6:
      return "CREATE";
    case 7:
      return "DELEGPURGE";
    case 8:
      return "DELEGRETURN";
    case 9:
      return "GETATTR";
    case 10:
      return "GETFH";
    case 11:
      return "LINK";
    case 12:
      return "LOCK";
    case 13:
      return "LOCKT";
    case 14:
      return "LOCKU";
    case 15:
      return "LOOKUP";
    case 16:
      return "LOOKUPP";
    case 17:
      return "NVERIFY";
    case 18:
      return "OPEN";
    case 19:
      return "OPENATTR";
    case 20:
      return "OPEN_CONFIRM";
    case 21:
      return "OPEN_DOWNGRADE";
    case 22:
      return "PUTFH";
    case 23:
      return "PUTPUBFH";
    case 24:
      return "PUTROOTFH";
    case 25:
      return "READ";
    case 26:
      return "READDIR";
    case 27:
      return "READLINK";
    case 28:
      return "REMOVE";
    case 29:
      return "RENAME";
    case 30:
      return "RENEW";
    case 31:
      return "RESTOREFH";
    case 32:
      return "SAVEFH";
    case 33:
      return "SECINFO";
    case 34:
      return "SETATTR";
    case 35:
      return "SETCLIENTID";
    case 36:
      return "SETCLIENTID_CONFIRM";
    case 37:
      return "VERIFY";
    case 38:
      return "WRITE";
    default:
      return "UNKNOWN";
  }
}
