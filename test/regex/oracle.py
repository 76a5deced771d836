"""Answers regex searches with the real PCRE2 (libpcre2-8), for the differential test beside it.

Reads lines of JSON {"pattern": hex, "flags": "imsxAEGn", "subject": hex, "start": n} and writes one line each: null when the
pattern does not compile, false for no match, a number for a matching error, or the list of [start, end] of all groups.
"""
import ctypes
import ctypes.util
import json
import sys

OPTIONS = {"i": 0x8, "m": 0x400, "s": 0x20, "x": 0x80, "A": 0x80000000, "E": 0x10, "G": 0x40000, "n": 0x2000}
NO_AUTO_POSSESS = 0x4000
NO_START_OPTIMIZE = 0x10000
UNSET = ctypes.c_size_t(-1).value

name = ctypes.util.find_library("pcre2-8") or "libpcre2-8.so.0"
try:
    lib = ctypes.CDLL(name)
except OSError:
    print("absent", flush=True)
    sys.exit(0)
pointer = ctypes.c_void_p
lib.pcre2_compile_8.restype = pointer
lib.pcre2_compile_8.argtypes = [ctypes.c_char_p, ctypes.c_size_t, ctypes.c_uint32, pointer, pointer, pointer]
lib.pcre2_match_data_create_from_pattern_8.restype = pointer
lib.pcre2_match_data_create_from_pattern_8.argtypes = [pointer, pointer]
lib.pcre2_match_8.argtypes = [pointer, ctypes.c_char_p, ctypes.c_size_t, ctypes.c_size_t, ctypes.c_uint32, pointer, pointer]
lib.pcre2_get_ovector_pointer_8.restype = ctypes.POINTER(ctypes.c_size_t)
lib.pcre2_get_ovector_pointer_8.argtypes = [pointer]
lib.pcre2_get_ovector_count_8.restype = ctypes.c_uint32
lib.pcre2_get_ovector_count_8.argtypes = [pointer]
lib.pcre2_code_free_8.argtypes = [pointer]
lib.pcre2_match_data_free_8.argtypes = [pointer]
print("ready", flush=True)


def answer(query):
    pattern = bytes.fromhex(query["pattern"])
    subject = bytes.fromhex(query["subject"])
    error = ctypes.c_int()
    offset = ctypes.c_size_t()
    # Without two optimizations that 10.42 gets wrong: /\s*(?:1*+(?:a)?+)^/ on " ", /(?=ab*?)++[a-z]??a+?/ on "\na".
    options = NO_AUTO_POSSESS + NO_START_OPTIMIZE + sum(OPTIONS[flag] for flag in query["flags"])
    code = lib.pcre2_compile_8(pattern, len(pattern), options, ctypes.byref(error), ctypes.byref(offset), None)
    if not code:
        return None
    data = lib.pcre2_match_data_create_from_pattern_8(code, None)
    found = lib.pcre2_match_8(code, subject, len(subject), query.get("start", 0), 0, data, None)
    if found == -1:
        result = False
    elif found < 0:
        result = found
    else:
        vector = lib.pcre2_get_ovector_pointer_8(data)
        count = lib.pcre2_get_ovector_count_8(data)
        result = [[-1 if v == UNSET else v for v in vector[2 * i : 2 * i + 2]] for i in range(count)]
    lib.pcre2_match_data_free_8(data)
    lib.pcre2_code_free_8(code)
    return result


for line in sys.stdin:
    print(json.dumps(answer(json.loads(line))), flush=True)
