/** Names of SMB's commands and of the NT status codes met most (MS-CIFS section 2.2.2.1, MS-SMB2 section 2.2.1, MS-ERREF section 2.3). */

/** The name of an SMB 1 command, "" for one that has none. */
export function smb1Name(code: u32): string {
  switch (code) {
    case 0:
      return "SMB1_COMMAND_CREATE_DIRECTORY";
    case 1:
      return "SMB1_COMMAND_DELETE_DIRECTORY";
    case 2:
      return "SMB1_COMMAND_OPEN";
    case 4:
      return "SMB1_COMMAND_CLOSE";
    case 5:
      return "SMB1_COMMAND_FLUSH";
    case 6:
      return "SMB1_COMMAND_DELETE";
    case 7:
      return "SMB1_COMMAND_RENAME";
    case 8:
      return "SMB1_COMMAND_QUERY_INFORMATION";
    case 9:
      return "SMB1_COMMAND_SET_INFORMATION";
    case 10:
      return "SMB1_COMMAND_READ";
    case 11:
      return "SMB1_COMMAND_WRITE";
    case 16:
      return "SMB1_COMMAND_CHECK_DIRECTORY";
    case 0x24:
      return "SMB1_COMMAND_LOCKING_ANDX";
    case 0x25:
      return "SMB1_COMMAND_TRANS";
    case 0x2b:
      return "SMB1_COMMAND_ECHO";
    case 0x2c:
      return "SMB1_COMMAND_WRITE_AND_CLOSE";
    case 0x2d:
      return "SMB1_COMMAND_OPEN_ANDX";
    case 0x2e:
      return "SMB1_COMMAND_READ_ANDX";
    case 0x2f:
      return "SMB1_COMMAND_WRITE_ANDX";
    case 0x32:
      return "SMB1_COMMAND_TRANS2";
    case 0x33:
      return "SMB1_COMMAND_TRANS2_SECONDARY";
    case 0x34:
      return "SMB1_COMMAND_FIND_CLOSE2";
    case 0x71:
      return "SMB1_COMMAND_TREE_DISCONNECT";
    case 0x72:
      return "SMB1_COMMAND_NEGOTIATE_PROTOCOL";
    case 0x73:
      return "SMB1_COMMAND_SESSION_SETUP_ANDX";
    case 0x74:
      return "SMB1_COMMAND_LOGOFF_ANDX";
    case 0x75:
      return "SMB1_COMMAND_TREE_CONNECT_ANDX";
    case 0x80:
      return "SMB1_COMMAND_QUERY_INFO_DISK";
    case 0xa0:
      return "SMB1_COMMAND_NT_TRANS";
    case 0xa1:
      return "SMB1_COMMAND_NT_TRANS_SECONDARY";
    case 0xa2:
      return "SMB1_COMMAND_NT_CREATE_ANDX";
    case 0xa4:
      return "SMB1_COMMAND_NT_CANCEL";
    default:
      return "";
  }
}

/** The name of an SMB 2 command, "" for one that has none. */
export function smb2Name(code: u32): string {
  switch (code) {
    case 0:
      return "SMB2_COMMAND_NEGOTIATE_PROTOCOL";
    case 1:
      return "SMB2_COMMAND_SESSION_SETUP";
    case 2:
      return "SMB2_COMMAND_SESSION_LOGOFF";
    case 3:
      return "SMB2_COMMAND_TREE_CONNECT";
    case 4:
      return "SMB2_COMMAND_TREE_DISCONNECT";
    case 5:
      return "SMB2_COMMAND_CREATE";
    case 6:
      return "SMB2_COMMAND_CLOSE";
    case 7:
      return "SMB2_COMMAND_FLUSH";
    case 8:
      return "SMB2_COMMAND_READ";
    case 9:
      return "SMB2_COMMAND_WRITE";
    case 10:
      return "SMB2_COMMAND_LOCK";
    case 11:
      return "SMB2_COMMAND_IOCTL";
    case 12:
      return "SMB2_COMMAND_CANCEL";
    case 13:
      return "SMB2_COMMAND_KEEPALIVE";
    case 14:
      return "SMB2_COMMAND_FIND";
    case 15:
      return "SMB2_COMMAND_CHANGE_NOTIFY";
    case 16:
      return "SMB2_COMMAND_GET_INFO";
    case 17:
      return "SMB2_COMMAND_SET_INFO";
    case 18:
      return "SMB2_COMMAND_OPLOCK_BREAK";
    default:
      return "";
  }
}

/** The name of a status, "" for one that has none. */
export function statusName(code: u32): string {
  switch (code) {
    case 0:
      return "STATUS_SUCCESS";
    case 0x103:
      return "STATUS_PENDING";
    case 0x80000005:
      return "STATUS_BUFFER_OVERFLOW";
    case 0x80000006:
      return "STATUS_NO_MORE_FILES";
    case 0xc000000d:
      return "STATUS_INVALID_PARAMETER";
    case 0xc000000f:
      return "STATUS_NO_SUCH_FILE";
    case 0xc0000011:
      return "STATUS_END_OF_FILE";
    case 0xc0000016:
      return "STATUS_MORE_PROCESSING_REQUIRED";
    case 0xc0000022:
      return "STATUS_ACCESS_DENIED";
    case 0xc0000034:
      return "STATUS_OBJECT_NAME_NOT_FOUND";
    case 0xc0000035:
      return "STATUS_OBJECT_NAME_COLLISION";
    case 0xc000003a:
      return "STATUS_OBJECT_PATH_NOT_FOUND";
    case 0xc0000043:
      return "STATUS_SHARING_VIOLATION";
    case 0xc000006d:
      return "STATUS_LOGON_FAILURE";
    case 0xc00000ac:
      return "STATUS_PIPE_NOT_AVAILABLE";
    case 0xc00000bb:
      return "STATUS_NOT_SUPPORTED";
    case 0xc00000cc:
      return "STATUS_BAD_NETWORK_NAME";
    case 0xc0000203:
      return "STATUS_USER_SESSION_DELETED";
    case 0xc0000225:
      return "STATUS_NOT_FOUND";
    case 0xc0000234:
      return "STATUS_ACCOUNT_LOCKED_OUT";
    default:
      return "";
  }
}
