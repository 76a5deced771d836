/**
 * Events that rules may name, as in Suricata, and that nothing here raises: such a rule loads and stays silent. A test keeps the lists true
 * (test/compiler/silent_events.test.ts).
 */

/** Why Suricata 8, too, never raises an event of a parser that it has a name for. */
export const NEVER_RAISED: Readonly<Record<string, string>> = {
  "dhcp.malformed_options": "every option that cannot be read counts as truncated",
  "dnp3.max_points_per_object": "a name of older rule files; it is `dnp3.too_many_points`",
  "http.gzip_decompression_failed": "libhtp passes over what does not unpack",
  "http.invalid_authority_port": "a bad port is `http.request_uri_host_invalid`",
  "http.invalid_server_port_in_request": "a bad port is `http.request_header_host_invalid`",
  "http.invalid_transfer_encoding_value_in_response": "it is `http.response_abnormal_transfer_encoding`",
  "http.lzma_memlimit_reached": "libhtp passes over what does not unpack",
  "http.multipart_generic_error": "its reader of forms knows no such error",
  "http.request_server_port_tcp_port_mismatch": "libhtp does not compare them",
  "http.unknown_error": "messages of libhtp without a code make no event",
  "http2.header_integer_overflow": "it is `http2.invalid_header`",
  "http2.invalid_frame_header": "any nine bytes are a frame header",
  "quic.error_on_header": "without a header there is no transaction to hold the event",
  "smtp.max_command_line_len_exceeded": "a line is cut at 4096 bytes before: `smtp.truncated_line`",
  "smtp.max_reply_line_len_exceeded": "it is `smtp.truncated_line`",
  "smb.internal_error": "it stands for an error in the parser itself",
  "smb.malformed_ntlmssp_request": "a login that cannot be read is passed over",
  "smb.malformed_ntlmssp_response": "the server's part of a login is not read",
  "smb.record_overflow": "a record waits in the stream, not in a buffer that could overflow",
  "smtp.mime_parse_failed": "its reader of mails takes every line",
  "smtp.unable_to_match_reply_with_request": "a reply too many is passed over",
  "tls.certificate_invalid_issuer": "a name that was read can be written",
  "tls.certificate_invalid_string": "a name of older rule files; the strings of a name are not checked",
  "tls.certificate_invalid_subject": "a name that was read can be written",
  "tls.certificate_invalid_validity": "times that were read can be compared",
  "tls.certificate_invalid_x509name": "what cannot be read ends a name",
  "tls.certificate_missing_element": "a name of older rule files; it is the event of the element",
  "tls.certificate_unknown_element": "a name of older rule files; it is the event of the element",
  "tls.heartbeat_message": "a heartbeat is no violation",
  "tls.invalid_tls_header": "any five bytes are a header; type, version and length have events of their own",
};

/** As NEVER_RAISED, of the decoder and the stream engine: names as `decode-event` and `stream-event` have them. */
export const NEVER_RAISED_OF_PACKETS: Readonly<Record<string, string>> = {
  "3whs_synack_resend_with_diff_seq": "a SYN/ACK with another sequence number is queued: `3whs_synack_flood`",
  "gre.version1_malformed_sre_hdr": "version 1 has no source routes: `gre.version1_route`",
  "ipv4.opt_unknown": "it is `ipv4.opt_invalid`",
  "ipv6.exthdr_dupl_eh": "nothing is read behind the first ESP header",
  reassembly_insert_invalid: "it stands for an error in the engine itself",
  wrong_thread: "this engine has one thread",
};
