#!/bin/sh
# Writes the inventory of this host for `vpatch scan --inventory FILE`, on systems too old for Node: needs only a POSIX shell
# and awk. Covers packages (dpkg, rpm, apk), the running kernel, running processes and listening sockets.
#
#   sh collect.sh > inventory.json
#
# ROOT and PROC may name another root directory and another /proc.

set -u
LC_ALL=C
export LC_ALL
ROOT=${ROOT:-}
PROC=${PROC:-/proc}

work=${TMPDIR:-/tmp}/vpatch-collect.$$
umask 077
mkdir "$work" || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
: > "$work/collectors"

# status NAME STATE ITEMS [DETAIL]
status() {
  printf '%s\t%s\t%s\t%s\n' "$1" "$2" "$3" "${4:-}" >> "$work/collectors"
}

id=linux version='' codename=''
if [ -r "$ROOT/etc/os-release" ]; then
  id=$(sed -n 's/^ID=//p' "$ROOT/etc/os-release" | tr -d '"' | tr -d "'")
  version=$(sed -n 's/^VERSION_ID=//p' "$ROOT/etc/os-release" | tr -d '"' | tr -d "'")
  codename=$(sed -n 's/^VERSION_CODENAME=//p' "$ROOT/etc/os-release" | tr -d '"' | tr -d "'")
elif [ -r "$ROOT/etc/debian_version" ]; then
  id=debian
  version=$(sed 's/\..*//' "$ROOT/etc/debian_version")
elif [ -r "$ROOT/etc/redhat-release" ]; then
  id=rhel
  grep -qi centos "$ROOT/etc/redhat-release" && id=centos
  version=$(sed 's/.*release \([0-9.]*\).*/\1/' "$ROOT/etc/redhat-release")
fi

# Packages, one a line: type, name, version, architecture, source, source version.
: > "$work/packages"
if [ -r "$ROOT/var/lib/dpkg/status" ]; then
  awk '
    function flush() {
      if (name != "") {
        if (state == "installed" || state == "triggers-awaited" || state == "triggers-pending") {
          if (source == "") source = name
          sv = version
          if (match(source, /\(.*\)/)) {
            sv = substr(source, RSTART + 1, RLENGTH - 2)
            sub(/ *\(.*/, "", source)
          } else sub(/\+b[0-9]+$/, "", sv)
          if (source ~ /^linux-signed/) { source = "linux"; sv = version }
          printf "deb\t%s\t%s\t%s\t%s\t%s\n", name, version, arch, source, sv
        } else if (state == "half-installed" || state == "unpacked" || state == "half-configured") bad++
      }
      name = version = arch = source = state = ""
    }
    /^$/ { flush() }
    /^Package: / { name = $2 }
    /^Status: / { state = $4 }
    /^Version: / { version = $2 }
    /^Architecture: / { arch = $2 }
    /^Source: / { source = substr($0, 9) }
    END { flush(); if (bad > 0) print bad > "/dev/stderr" }
  ' "$ROOT/var/lib/dpkg/status" > "$work/packages" 2> "$work/bad"
  count=$(wc -l < "$work/packages" | tr -d ' ')
  if [ -s "$work/bad" ]; then status dpkg partial "$count" "$(cat "$work/bad") packages are not completely installed"
  elif [ "$count" -eq 0 ]; then status dpkg partial 0 "the status file names no package"
  else status dpkg complete "$count"; fi
else
  status dpkg absent 0
fi
if [ -z "$ROOT" ] && command -v rpm > /dev/null 2>&1 && [ "$id" != debian ] && [ "$id" != ubuntu ]; then
  if rpm -qa --qf 'rpm\t%{NAME}\t%{EPOCH}:%{VERSION}-%{RELEASE}\t%{ARCH}\t%{SOURCERPM}\n' > "$work/rpm" 2> /dev/null; then
    awk -F '\t' '
      $2 != "gpg-pubkey" {
        sub(/^\(none\):/, "", $3); sub(/^0:/, "", $3)
        source = $5; sv = ""
        sub(/\.(no)?src\.rpm$/, "", source)
        if (match(source, /-[^-]+-[^-]+$/)) { sv = substr(source, RSTART + 1); source = substr(source, 1, RSTART - 1) }
        printf "rpm\t%s\t%s\t%s\t%s\t%s\n", $2, $3, $4, source, sv
      }' "$work/rpm" >> "$work/packages"
    status rpm complete "$(grep -c '^rpm' "$work/packages")"
  else
    status rpm failed 0 "rpm -qa failed"
  fi
else
  status rpm absent 0
fi
if [ -r "$ROOT/lib/apk/db/installed" ]; then
  awk '
    function flush() { if (name != "") printf "apk\t%s\t%s\t%s\t%s\t%s\n", name, version, arch, origin == "" ? name : origin, version
      name = version = arch = origin = "" }
    /^$/ { flush() }
    /^P:/ { name = substr($0, 3) }
    /^V:/ { version = substr($0, 3) }
    /^A:/ { arch = substr($0, 3) }
    /^o:/ { origin = substr($0, 3) }
    END { flush() }
  ' "$ROOT/lib/apk/db/installed" >> "$work/packages"
  status apk complete "$(grep -c '^apk' "$work/packages")"
else
  status apk absent 0
fi

# Processes: pid, then each file it executes or maps; "stale" marks a file replaced since. Sockets: pid and inode.
: > "$work/files"
: > "$work/sockets"
unreadable=0
processes=0
for folder in "$PROC"/[0-9]*; do
  pid=${folder##*/}
  exe=$(readlink "$folder/exe" 2> /dev/null)
  if [ -z "$exe" ]; then
    # Kernel threads have no command line either.
    [ -n "$(tr -d '\0' < "$folder/cmdline" 2> /dev/null)" ] && unreadable=$((unreadable + 1))
    continue
  fi
  processes=$((processes + 1))
  { printf 'exe %s\n' "$exe"; cat "$folder/maps" 2> /dev/null; } | awk -v pid="$pid" -v root="$ROOT" '
    { at = index($0, "/"); if (at == 0) next
      path = substr($0, at); stale = sub(/ \(deleted\)$/, "", path)
      if (root != "" && index(path, root "/") == 1) path = substr(path, length(root) + 1)
      key = path SUBSEP stale
      if (!(key in seen)) { seen[key] = 1; printf "%s\t%s\t%s\n", pid, stale ? "stale" : "", path } }' >> "$work/files"
  ls -l "$folder/fd" 2> /dev/null | sed -n "s/.*socket:\[\([0-9]*\)\].*/$pid \1/p" >> "$work/sockets"
done
if [ "$unreadable" -gt 0 ]; then status processes partial "$processes" "$unreadable processes may not be read: run as root"
else status processes complete "$processes"; fi

# Which package owns which of these files: package, path. Both spellings of a usr-merged path count.
: > "$work/owners"
cut -f 3 "$work/files" | sort -u > "$work/wanted"
if [ -d "$ROOT/var/lib/dpkg/info" ]; then
  for list in "$ROOT"/var/lib/dpkg/info/*.list; do
    name=${list##*/}
    awk -v owner="${name%.list}" '
      NR == FNR { wanted[$0] = $0; if ($0 ~ /^\/(bin|sbin|lib[^\/]*)\//) wanted["/usr" $0] = $0
        else if ($0 ~ /^\/usr\/(bin|sbin|lib[^\/]*)\//) wanted[substr($0, 5)] = $0; next }
      $0 in wanted { sub(/:.*/, "", owner); printf "%s\t%s\n", owner, wanted[$0] }' "$work/wanted" "$list"
  done > "$work/owners"
elif [ -z "$ROOT" ] && grep -q '^rpm' "$work/packages"; then
  while IFS= read -r path; do
    owner=$(rpm -qf --qf '%{NAME}\n' "$path" 2> /dev/null | head -n 1)
    case $owner in '' | *' '*) ;; *) printf '%s\t%s\n' "$owner" "$path" ;; esac
  done < "$work/wanted" > "$work/owners"
fi

if cat "$PROC/net/tcp" > "$work/tcp" 2> /dev/null; then
  cat "$PROC/net/tcp6" >> "$work/tcp" 2> /dev/null
  cat "$PROC/net/udp" "$PROC/net/udp6" > "$work/udp" 2> /dev/null
  status listeners complete "$(grep -c ' 0A ' "$work/tcp")"
else
  : > "$work/tcp"
  : > "$work/udp"
  status listeners failed 0 "$PROC/net/tcp cannot be read"
fi
status files partial 0 "the shell collector does not look for jars, language packages and products"

awk -F '\t' -v id="$id" -v version="$version" -v codename="$codename" -v host="$(uname -n)" -v kernel="$(uname -r)" \
  -v arch="$(uname -m)" -v now="$(date -u +%Y-%m-%dT%H:%M:%SZ)" -v work="$work" '
  function text(s) { gsub(/\\/, "\\\\", s); gsub(/"/, "\\\"", s); gsub(/[\001-\037]/, " ", s); return "\"" s "\"" }
  function hex(s,  i, n) { n = 0; s = tolower(s)
    for (i = 1; i <= length(s); i++) n = n * 16 + index("0123456789abcdef", substr(s, i, 1)) - 1
    return n }
  function four(s) { return hex(substr(s, 7, 2)) "." hex(substr(s, 5, 2)) "." hex(substr(s, 3, 2)) "." hex(substr(s, 1, 2)) }
  function address(s,  i, w, out) {
    if (length(s) == 8) return four(s)
    if (s ~ /^0+$/) return "::"
    if (s == "00000000000000000000000001000000") return "::1"
    if (substr(s, 1, 24) == "0000000000000000FFFF0000") return "::ffff:" four(substr(s, 25))
    for (i = 1; i <= 32; i += 8) {
      w = substr(s, i, 8)
      out = out (i > 1 ? ":" : "") tolower(substr(w, 7, 2) substr(w, 5, 2) ":" substr(w, 3, 2) substr(w, 1, 2))
    }
    return out
  }
  function listen(file, protocol, state,  line, f, part, n, out, inode, pid, ids) {
    while ((getline line < file) > 0) {
      n = split(line, f, / +/)
      if (f[1] == "") { for (i = 1; i < n; i++) f[i] = f[i + 1] }
      if (f[4] != state || split(f[2], part, ":") != 2 || hex(part[2]) == 0) continue
      inode = f[10]; pid = holder[inode]
      out = sprintf("{\"protocol\":\"%s\",\"address\":%s,\"port\":%d,", protocol, text(address(part[1])), hex(part[2]))
      if (pid != "") out = out sprintf("\"pid\":%d,\"executable\":%s,", pid, text(executable[pid]))
      ids = pid == "" ? "" : components[pid]
      print (first++ ? "," : "") out "\"components\":[" ids "],\"root\":\"/\"}"
    }
    close(file)
  }
  BEGIN {
    while ((getline < (work "/owners")) > 0) owner[$2] = $1
    while ((getline < (work "/files")) > 0) {
      if (!($1 in executable)) executable[$1] = $3
      name = owner[$3]
      if (name == "") continue
      if (!((name, $1) in uses)) { uses[name, $1] = 1; pids[name] = pids[name] (pids[name] == "" ? "" : ",") $1 }
      if ($2 == "stale") stale[name] = 1
    }
    while ((getline line < (work "/sockets")) > 0) { split(line, pair, " "); holder[pair[2]] = pair[1] }
    printf "{\"schema\":\"vpatch-inventory/1\",\"collectedAt\":\"%s\",\n", now
    distro = sprintf("{\"id\":%s,\"version\":%s%s}", text(id), text(version), codename == "" ? "" : ",\"codename\":" text(codename))
    printf "\"host\":{\"name\":%s,\"os\":\"linux\",\"arch\":%s,\"kernel\":%s,\"distro\":%s},\n\"components\":[\n", text(host), text(arch), text(kernel), distro
    while ((getline < (work "/packages")) > 0) {
      purl = "pkg:" $1 "/" id "/" $2 "@" $3 "?arch=" $4 "&distro=" id "-" version
      state = pids[$2] == "" ? "installed" : "running"
      if ($2 == "linux-image-" kernel || ($2 ~ /^kernel(-core)?$/ && kernel == $3 "." $4)) state = "loaded"
      printf "%s{\"id\":%s,\"purl\":%s,\"type\":\"%s\",\"name\":%s,\"version\":%s,\"arch\":%s,", count++ ? ",\n" : "", text(purl), text(purl), $1, text($2), text($3), text($4)
      if ($6 != "") printf "\"source\":{\"name\":%s,\"version\":%s},", text($5), text($6)
      printf "\"distro\":%s,\"root\":\"/\",\"paths\":[],\"evidence\":{\"kind\":\"distro-package\",\"detail\":\"collect.sh\"},", distro
      printf "\"usage\":{\"pids\":[%s],\"state\":\"%s\"%s}}", pids[$2], state, ($2 in stale) ? ",\"restartPending\":true" : ""
      n = split(pids[$2], list, ",")
      for (i = 1; i <= n; i++) components[list[i]] = components[list[i]] (components[list[i]] == "" ? "" : ",") text(purl)
    }
    printf "\n],\n\"listeners\":[\n"
    listen(work "/tcp", "tcp", "0A")
    listen(work "/udp", "udp", "07")
    printf "],\n\"collectors\":[\n"
    first = 0
    while ((getline < (work "/collectors")) > 0) {
      printf "%s{\"name\":%s,\"root\":\"/\",\"state\":\"%s\",\"items\":%d%s}", first++ ? ",\n" : "", text($1), $2, $3, $4 == "" ? "" : ",\"detail\":" text($4)
    }
    printf "\n]}\n"
  }' /dev/null
