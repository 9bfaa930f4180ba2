#!/usr/bin/env bash
# Builds the four modules beside this file, or into the directory given, from the C of kernels/cpu: build.sh [directory
# [module …]].
#
# kernels_<simd|relaxed>[_mt].wasm: plain 128-bit SIMD or relaxed SIMD; one thread and a memory of its own, or threads
# over a shared memory that is imported as env.memory. The linker is called by itself: clang's driver would run any
# wasm-opt it finds.
set -euo pipefail
start=$PWD
cd "$(dirname "${BASH_SOURCE[0]}")"
here=$PWD
out=$(cd "$start" && cd "${1:-$here}" && pwd)
wanted=${*:2}
clang=${CLANG:-clang-19} ld=${WASM_LD:-wasm-ld-19}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

flags=(--target=wasm32 -std=c11 -O3 -Wall -Wno-unused-function -nostdlibinc -isystem libc -mbulk-memory -msimd128 -fno-ident -ffile-prefix-map="$PWD"=.)
exports=(alloc free open stop close threads isa isa_count isa_name supports load unload arena scratch slot_layouts bind run cancel pack unpack)

# module builds one: its name, then the compiler's further flags, then -- and the linker's.
module() {
	local name=$1 compile=() f
	shift
	[[ -z $wanted || " $wanted " == *" $name "* ]] || return 0
	for (( ; $# > 0; )); do
		[ "$1" != -- ] || { shift; break; }
		compile+=("$1")
		shift
	done
	mkdir "$work/$name"
	local jobs=()
	for f in ../cpu/*_generic.c; do # one a family of kernels
		f=$(basename "$f" _generic.c)
		printf '#include "../cpu/isa_wasm.h"\n#include "../cpu/%s.inc.h"\n' "$f" >"$work/$name/$f.c"
		jobs+=("$work/$name/$f.c")
	done
	for f in check decode device dispatch load pack pack_k pool run; do jobs+=("../cpu/$f.c"); done
	jobs+=(libc/*.c module/*.c)
	printf '%s\n' "${jobs[@]}" | xargs -P "$(nproc)" -I{} sh -c '"$@" -o "$0/$(basename {} .c).o" {}' "$work/$name" \
		"$clang" "${flags[@]}" "${compile[@]}" -I. -c
	"$ld" --no-entry --strip-all --stack-first -z stack-size=262144 "${exports[@]/#/--export=graft_}" "$@" \
		-o "$out/kernels_$name.wasm" "$work/$name"/*.o
}

mt=(-- --import-memory --shared-memory --max-memory=4294967296 --export=graft_worker)
module simd
module relaxed -mrelaxed-simd
module simd_mt -matomics "${mt[@]}"
module relaxed_mt -mrelaxed-simd -matomics "${mt[@]}"
