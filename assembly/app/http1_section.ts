/** A header section: its fields are read as far as they are complete and put into the message's table; what is odd is reported. */
import { AppEvent } from "../abi/app_events";
import { Direction } from "../abi/codes";
import { Setting } from "../abi/settings";
import { setting } from "../memory/settings";
import { equalsWord } from "./ascii";
import {
  FieldFlag,
  fieldFlags,
  fieldName,
  fieldNameLength,
  fieldNext,
  fieldValue,
  fieldValueLength,
  lineEnd,
  openFields,
  Read,
  readField,
  sectionEnd,
} from "./http1_fields";
import { Added, added, addHeader } from "./http1_headers";
import { contentLengthOf } from "./http1_numbers";
import { HttpFlag, HttpState, HttpTx } from "./http1_state";
import { report } from "./http1_transactions";

/** The first byte that was not used. */
export let sectionRest: usize = 0;
/** The section's end was seen. */
export let sectionOver: bool = false;

/** Reads the section at `data`. False: the message has more headers than allowed, or memory is short. */
export function readSection(state: HttpState, tx: HttpTx, direction: u32, data: usize, length: u32, final: bool): bool {
  openFields(data + length, direction == Direction.ToClient, final);
  sectionOver = false;
  sectionRest = data;
  let read = readField(data);
  while (read == Read.Ok) {
    if (!takeField(state, tx, direction)) return false;
    sectionRest = fieldNext;
    const over = lineEnd(fieldNext);
    if (over != 0) {
      sectionRest += over;
      sectionOver = true;
      return true;
    }
    read = readField(fieldNext);
  }
  if (read == Read.None && sectionRest == data) {
    const over = sectionEnd(data);
    sectionRest += over;
    sectionOver = over != 0;
  }
  return true;
}

function reportOnce(state: HttpState, tx: HttpTx, flag: HttpFlag, event: AppEvent): void {
  if (tx.note(flag)) report(state, tx, event);
}

function takeField(state: HttpState, tx: HttpTx, direction: u32): bool {
  const request = direction == Direction.ToServer;
  const invalid = request ? HttpFlag.RequestFieldInvalid : HttpFlag.ResponseFieldInvalid;
  const isInvalid = request ? AppEvent.http__request_header_invalid : AppEvent.http__response_header_invalid;
  if ((fieldFlags & FieldFlag.TrailingSpace) != 0) reportOnce(state, tx, invalid, isInvalid);
  if ((fieldFlags & FieldFlag.LeadingSpace) != 0) {
    if (request) {
      reportOnce(state, tx, HttpFlag.RequestFieldFolding, AppEvent.http__invalid_request_field_folding);
    } else reportOnce(state, tx, HttpFlag.ResponseFieldFolding, AppEvent.http__invalid_response_field_folding);
  }
  if ((fieldFlags & FieldFlag.NotToken) != 0) reportOnce(state, tx, invalid, isInvalid);
  if ((fieldFlags & FieldFlag.MissingColon) != 0) {
    if (request) {
      reportOnce(state, tx, HttpFlag.RequestFieldUnparseable, AppEvent.http__request_field_missing_colon);
    } else reportOnce(state, tx, HttpFlag.ResponseFieldUnparseable, AppEvent.http__response_field_missing_colon);
  } else if ((fieldFlags & FieldFlag.NameEmpty) != 0) reportOnce(state, tx, invalid, isInvalid);

  const table = request ? tx.requestHeaders : tx.responseHeaders;
  const most = setting(Setting.HttpMaxRequestHeaders);
  const result = addHeader(table, fieldName, fieldNameLength, fieldValue, fieldValueLength, most);
  if (result == Added.TooMany) {
    if (request) {
      reportOnce(state, tx, HttpFlag.RequestTooManyHeaders, AppEvent.http__request_too_many_headers);
    } else reportOnce(state, tx, HttpFlag.ResponseTooManyHeaders, AppEvent.http__response_too_many_headers);
    return false;
  }
  if (result == Added.Refused) return false;
  if (result == Added.New) return true;
  if (equalsWord(fieldName, fieldNameLength, "content-length")) {
    const first = contentLengthOf(added.valueData, added.valueLength);
    const second = contentLengthOf(fieldValue, fieldValueLength);
    if (first < 0 || second < 0 || first != second) {
      report(
        state,
        tx,
        request
          ? AppEvent.http__duplicate_content_length_field_in_request
          : AppEvent.http__duplicate_content_length_field_in_response,
      );
    }
  }
  if (result == Added.Repeated) {
    report(state, tx, request ? AppEvent.http__request_header_repetition : AppEvent.http__response_header_repetition);
  }
  return true;
}
