#!/usr/bin/env bash
# Everything one does with Graft's sources, by a verb. It needs Go and gcc; what else is missing it installs itself
# through apt where it may, and says what to do where it may not. No terminal is needed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

# The verbs, in the order of help: name, English, Chinese. Each is the function do_<name> below.
verbs=(
	"demo|build, train an adapter on examples/finance, let it answer, and compare four methods (under four minutes)|构建,在 examples/finance 上训练适配器并作答,再比较四种方法(四分钟内)"
	"test|set up and pass all tests|准备环境并通过全部测试"
	"build|leave bin/graft, with the web runtime in it|生成 bin/graft(内含网页运行时)"
	"package|leave out/graft-llm, the browser runtime as an npm package|生成 out/graft-llm:浏览器运行时的 npm 包"
	"wasm|leave in wasm/dist the engine for browsers, the edge and sandboxes, and the Worker of the edge|在 wasm/dist 生成浏览器、边缘与沙箱共用的引擎,以及边缘的 Worker"
	"kernels|build kernels_*.wasm of kernels/wasm from the C of kernels/cpu, with clang 19|用 clang 19 从 kernels/cpu 的 C 代码构建 kernels/wasm 的 kernels_*.wasm"
	"bench|measure beside llama.cpp, PyTorch and PEFT, which it sets up (--help says more)|与 llama.cpp、PyTorch、PEFT 对比测速,自动准备对比环境(详见 --help)"
	"fuzz|run every fuzz test for a time each, 60 seconds or as many as are given: ./build.sh fuzz 10|逐个运行所有模糊测试,每个 60 秒,或给定的秒数:./build.sh fuzz 10"
	"check|format, vet, and build for every platform that is promised|检查格式、vet,并为所有承诺的平台编译"
)

say() { printf '%s\n' "$*" >&2; }
die() { say "build.sh: $*"; exit 1; }

# in_chinese: whether the user's language is Chinese.
in_chinese() { case "${LC_ALL:-${LC_MESSAGES:-${LANG:-}}}" in zh*) true ;; *) false ;; esac; }

do_help() {
	if in_chinese; then say "用法:./build.sh <动作>"; else say "usage: ./build.sh <verb>"; fi
	local v name en zh
	for v in "${verbs[@]}"; do
		IFS='|' read -r name en zh <<<"$v"
		if in_chinese; then en=$zh; fi
		printf '  %-6s %s\n' "$name" "$en" >&2
	done
}

# --- what the machine must have ---

# as_root runs a command as root, if that needs no password.
as_root() {
	if [ "$(id -u)" = 0 ]; then "$@"; elif sudo -n true 2>/dev/null; then sudo -n "$@"; else return 1; fi
}

# apt_install installs packages, refreshing the lists only if they are too old to do without.
apt_install() {
	command -v apt-get >/dev/null || return 1
	local get=(env DEBIAN_FRONTEND=noninteractive LC_ALL=C apt-get -y -q --no-install-recommends)
	say "installing $*"
	as_root "${get[@]}" install "$@" >/dev/null 2>&1 ||
		{ as_root "${get[@]}" update >/dev/null 2>&1 && as_root "${get[@]}" install "$@" >/dev/null; }
}

need_go() {
	local go_mod have
	go_mod=$(awk '$1 == "go" { print $2 }' go.mod)
	if ! command -v go >/dev/null && [ -x /usr/local/go/bin/go ]; then PATH=$PATH:/usr/local/go/bin; fi
	command -v go >/dev/null || die "Go is missing: install Go $go_mod or newer from https://go.dev/dl/ and put its bin folder into PATH"
	have=$(cd / && GOTOOLCHAIN=local go env GOVERSION 2>/dev/null || true)
	have=${have#go}
	case "$have" in
	1.? | 1.?.* | 1.1? | 1.1?.* | 1.20 | 1.20.*) die "Go $have is too old: install Go $go_mod or newer from https://go.dev/dl/" ;;
	esac
	if ! go version >/dev/null 2>&1; then # older than go.mod wants, and told to stay so
		export GOTOOLCHAIN=auto           # from 1.21 on Go fetches the version go.mod names
		go version >/dev/null 2>&1 || die "Go $have cannot fetch Go $go_mod: install it from https://go.dev/dl/, or let this machine reach proxy.golang.org"
	fi
}

# need_gcc checks for a C compiler with headers, which cgo needs.
need_gcc() {
	local works='gcc -x c -o /dev/null -'
	if printf '#include <pthread.h>\nint main(void) { return 0; }\n' | $works 2>/dev/null; then return; fi
	apt_install gcc libc6-dev || true
	printf '#include <pthread.h>\nint main(void) { return 0; }\n' | $works 2>/dev/null ||
		die "gcc does not work: as root, run: apt-get install gcc libc6-dev"
}

# want_simde installs the emulation that AVX-512 kernels are tested with on machines that have no AVX-512.
want_simde() {
	[ -e /usr/include/simde/x86/avx512.h ] || apt_install libsimde-dev ||
		say "libsimde-dev is not installed: tests of the AVX-512 kernels will be skipped; as root, run: apt-get install libsimde-dev"
}

# want_workerd installs Cloudflare's runtime, in which the tests of the edge run. It is one program; npm is only what brings it.
want_workerd() {
	local version=1.20261117.1 at=.cache/workerd
	grep -qs "\"version\": \"$version\"" $at/node_modules/workerd/package.json && return
	command -v npm >/dev/null && npm install --prefix $at --no-save --no-audit --no-fund --ignore-scripts --loglevel=error "workerd@$version" >/dev/null 2>&1 ||
		say "workerd is not installed: tests of the edge will be skipped; install npm, and let this machine reach its registry"
}

# want_chromium installs the browser that the page and its runtime are tested in.
want_chromium() {
	command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null || apt_install chromium ||
		say "chromium is not installed: tests in a browser will be skipped; as root, run: apt-get install chromium"
}

# clang_version is what the committed kernels_*.wasm were built with; another version may write other bytes.
clang_version=19.1.7

# want_clang installs the compiler of the kernels' modules.
want_clang() {
	{ command -v clang-19 && command -v wasm-ld-19; } >/dev/null || apt_install clang-19 lld-19
}

# modules fetches the Go modules that go.mod names, as go.sum has them.
modules() {
	go mod download 2>/dev/null || go mod download || die "the Go modules of go.mod could not be fetched; is the network there? (GOPROXY=$(go env GOPROXY))"
}

# --- verbs ---

version() { git describe --tags --always --dirty 2>/dev/null || echo unknown; }

# engine builds engine.wasm, the same file for every WASM host. -s -w leaves symbols out, which a stack trace does without. Calls are
# not inlined, but where tokens are chosen: that makes the download a sixth smaller, and what takes time is in the kernels.
engine() {
	GOOS=wasip1 GOARCH=wasm CGO_ENABLED=0 go build -trimpath -buildmode=c-shared -gcflags=all=-l -gcflags=graft/shared/generate= \
		-ldflags "-s -w -X main.version=$(version)" -o wasm/dist/engine.wasm ./wasm/engine
}

# edge builds the Cloudflare Worker's Go program, with the glue of the library it is written with.
# studio builds the studio's program. Beside it lie Go's own glue, and the script that vugu would evaluate as text, which the
# page's security policy forbids.
studio() {
	mkdir -p wasm/dist/studio
	GOOS=js GOARCH=wasm CGO_ENABLED=0 go build -trimpath -ldflags "-s -w" -o wasm/dist/studio/studio.wasm ./frontend/cmd/studio
	cat "$(go env GOROOT)/lib/wasm/wasm_exec.js" >wasm/dist/studio/wasm_exec.js
	grep -v '^ */\*DEBUG' "$(go list -m -f '{{.Dir}}' github.com/vugu/vugu)/domrender/renderer-js-script.js" >wasm/dist/studio/vugu.js
}

edge() {
	go tool workers-assets-gen -mode=go -runtime=cloudflare -o wasm/dist/edge
	GOOS=js GOARCH=wasm CGO_ENABLED=0 go build -trimpath -tags nethttpomithttp2 -ldflags "-s -w -X main.version=$(version)" -o wasm/dist/edge/app.wasm ./wasm/edge/worker
}

do_wasm() {
	need_go
	modules
	engine
	edge
	studio
}

# do_package leaves what npm publish takes.
do_package() {
	do_wasm
	mkdir -p out/graft-llm
	cp wasm/js/*.mjs wasm/js/package.json wasm/js/README.md LICENSE wasm/dist/engine.wasm kernels/wasm/kernels_*.wasm out/graft-llm/
	say "out/graft-llm is ready for: npm publish out/graft-llm"
}

do_kernels() {
	want_clang || die "clang-19 or wasm-ld-19 is missing: as root, run: apt-get install clang-19 lld-19"
	kernels/wasm/build.sh
}

do_build() {
	need_go
	need_gcc
	modules
	engine
	edge
	studio
	mkdir -p bin
	CGO_ENABLED=1 go build -trimpath -ldflags "-s -w -X main.version=$(version)" -o bin/graft ./native/cmd/graft
}

do_demo() {
	local out=out/finance
	do_build
	bin/graft train --config examples/finance/recipe.yaml --output-dir $out --overwrite-output-dir
	say
	bin/graft predict --adapter $out \
		"本季度公司营收同比增长20%,净利润超市场预期" \
		"受宏观经济影响,公司核心业务板块出现15%的下滑" \
		"新产品上线后用户活跃度提升30%,市场份额进一步扩大"
	say
	bin/graft compare --config examples/finance/compare.yaml # four methods; those trained by an earlier demo are not trained again
	say
	if in_chinese; then say "在浏览器中试用(之后断网也可):bin/graft web --adapter $out,然后打开 http://127.0.0.1:8017/"; else
		say "To try it in a browser, later without a network too: bin/graft web --adapter $out, then open http://127.0.0.1:8017/"; fi
	if [ -t 0 ] && [ -t 1 ]; then exec bin/graft web --adapter $out; fi # until Ctrl-C; a run without a terminal ends here
}

# need_peers checks for what the peers are installed with, unless they are there already.
need_peers() {
	if [ -n "${GRAFT_BENCH_VENV:-}" ]; then return; fi
	works() { command -v g++ >/dev/null && python3 -c 'import ensurepip, venv' 2>/dev/null; }
	works || apt_install g++ python3-venv || true
	works || die "g++ or python3 with venv is missing: as root, run: apt-get install g++ python3-venv"
}

# bench_web measures the page's runtime beside wllama and transformers.js, which it gets from npm; --help says more.
bench_web() {
	modules
	engine
	want_chromium
	command -v npm >/dev/null || die "npm is missing, which brings the peers: as root, run: apt-get install npm"
	mkdir -p .cache/bench
	CGO_ENABLED=1 go build -trimpath -o .cache/bench/web ./native/bench/cmd/web
	exec .cache/bench/web "$@"
}

do_bench() {
	need_go
	need_gcc
	if [ "${1:-}" = parity ]; then # no peers, but every host of the engine
		shift
		modules
		engine
		exec go run ./native/bench/cmd/parity "$@"
	fi
	if [ "${1:-}" = web ]; then
		shift
		bench_web "$@"
	fi
	need_peers
	modules
	mkdir -p .cache/bench
	CGO_ENABLED=1 go build -trimpath -o .cache/bench/ ./native/bench/cmd/...
	exec .cache/bench/bench "$@"
}

# step runs one part of test or check, quietly unless it fails.
step() {
	local name=$1 start=$SECONDS
	shift
	if "$@" >"$work/step.log" 2>&1; then
		printf 'ok    %s (%ds)\n' "$name" $((SECONDS - start))
	else
		printf 'FAIL  %s (%ds)\n' "$name" $((SECONDS - start))
		grep -vE '^(=== |PASS$|ok  |\?  )|^ *--- (PASS|SKIP)' "$work/step.log" | tail -n 200 || true
		failed=$((failed + 1))
	fi
	if [ -n "${tally:-}" ]; then cat "$work/step.log" >>"$tally"; fi
}

formatted() {
	local bad
	bad=$(git ls-files -co --exclude-standard '*.go' 2>/dev/null | xargs -r gofmt -l) || bad=$(gofmt -l shared native kernels examples)
	[ -z "$bad" ] || { echo "not formatted by gofmt: $bad"; return 1; }
}

# generated regenerates what is generated and committed, and compares.
generated() {
	cp kernels/include/ops.h "$work/ops.h"
	go generate ./shared/op
	cmp kernels/include/ops.h "$work/ops.h" || { echo "kernels/include/ops.h was not what go generate ./shared/op makes; commit it as it is now"; return 1; }
	mkdir "$work/ui"
	cp frontend/ui/*_gen.go "$work/ui"
	go generate ./frontend/ui
	local name
	for name in frontend/ui/*_gen.go; do
		cmp "$name" "$work/ui/${name##*/}" || { echo "$name was not what go generate ./frontend/ui makes; commit it as it is now"; return 1; }
	done
}

# kernels_same builds kernels_*.wasm again and compares.
kernels_same() {
	local name
	mkdir -p "$work/kernels"
	kernels/wasm/build.sh "$work/kernels"
	for name in simd relaxed simd_mt relaxed_mt; do
		cmp "kernels/wasm/kernels_$name.wasm" "$work/kernels/kernels_$name.wasm" || { echo "kernels_$name.wasm is not what kernels/cpu gives: run ./build.sh kernels and commit it"; return 1; }
	done
}

# step_kernels compares where the compiler is the one that the committed files came from.
step_kernels() {
	local have
	want_clang || true
	have=$(clang-19 -dumpversion 2>/dev/null || echo missing)
	if [ "$have" = "$clang_version" ]; then
		step "kernels for wasm" kernels_same
	else
		echo "skip  kernels for wasm: clang-19 is $have, expected $clang_version"
	fi
}

# platforms builds every target that is promised.
pure() { CGO_ENABLED=0 go build ./...; }
shared_js() { GOOS=js GOARCH=wasm go build ./shared/...; }             # the browser
shared_wasip1() { GOOS=wasip1 GOARCH=wasm go build ./shared/...; }     # the edge and other WASI hosts
edge_vet() { GOOS=js GOARCH=wasm go vet ./wasm/edge/worker; }
engine_vet() { GOOS=wasip1 GOARCH=wasm go vet ./wasm/engine; }         # go vet ./... does not see it
windows() { CGO_ENABLED=0 GOOS=windows GOARCH=amd64 go build ./...; }
macos() { CGO_ENABLED=0 GOOS=darwin GOARCH=arm64 go build ./...; }
linux_arm64() { CGO_ENABLED=0 GOOS=linux GOARCH=arm64 go build ./...; }

# concurrent lists the packages that start goroutines or guard against them.
concurrent() {
	LC_ALL=C grep -rlE '^[[:space:]]*go (func|[a-z])|"sync"|"sync/atomic"' --include='*.go' shared native | xargs -r -n1 dirname | LC_ALL=C sort -u | sed 's|^|./|'
}

begin() {
	work=$(mktemp -d)
	trap 'rm -rf "$work"' EXIT
	failed=0
	need_go
	need_gcc
	modules
}

end() {
	[ "$failed" = 0 ] || { echo "$failed of the steps failed"; exit 1; }
}

do_check() {
	begin
	step "gofmt" formatted
	step "go vet" go vet ./...
	step "generated files" generated
	step_kernels
	step "without cgo" pure
	step "shared for js/wasm" shared_js
	step "shared for wasip1/wasm" shared_wasip1
	step "vet of the engine for wasip1/wasm" engine_vet
	step "vet of the edge for js/wasm" edge_vet
	step "windows/amd64" windows
	step "darwin/arm64" macos
	step "linux/arm64" linux_arm64
	end
}

do_test() {
	begin
	want_simde
	want_workerd
	want_chromium
	step "gofmt" formatted
	step "go vet" go vet ./...
	step "generated files" generated
	step_kernels
	step "without cgo" pure
	step "shared for js/wasm" shared_js
	step "shared for wasip1/wasm" shared_wasip1
	step "vet of the engine for wasip1/wasm" engine_vet
	step "vet of the edge for js/wasm" edge_vet
	step "engine.wasm" engine
	step "the edge's app.wasm" edge
	step "studio.wasm" studio
	tally=$work/tests.log
	step "tests" env CGO_ENABLED=1 go test -v -timeout 20m ./...
	step "tests without cgo" env CGO_ENABLED=0 go test -v -timeout 10m ./shared/engine ./native/cli
	step "tests with the race detector" env CGO_ENABLED=1 go test -v -race -short -timeout 20m $(concurrent)
	local passed bad skipped
	passed=$(grep -c '^--- PASS' "$tally" || true)
	bad=$(grep -c '^--- FAIL' "$tally" || true)
	skipped=$(grep -c '^ *--- SKIP' "$tally" || true)
	if [ "$skipped" != 0 ]; then
		echo "skipped:"
		grep -A1 '^ *--- SKIP' "$tally" | grep -vE '^ *--- SKIP|^--$' | LC_ALL=C sort | uniq -c
	fi
	echo "$passed passed, $bad failed, $skipped skipped"
	end
}

# do_fuzz runs every fuzz test of the module, one after the other. What one finds stays in its package's testdata/fuzz.
do_fuzz() {
	local seconds=${1:-60} file name
	[[ $seconds =~ ^[1-9][0-9]*$ ]] || die "fuzz: $seconds is no number of seconds"
	begin
	while IFS=: read -r file name; do
		step "$(dirname "$file") $name" go test "./$(dirname "$file")" -run '^$' -fuzz "^$name\$" -fuzztime "${seconds}s" </dev/null
	done < <(grep -roE '^func Fuzz[A-Za-z0-9_]*' --include='*_test.go' shared native kernels examples wasm frontend | sed 's/func //' | LC_ALL=C sort)
	end
}

verb=${1:-help}
case "$verb" in
help | -h | --help) do_help; exit 0 ;;
esac
for v in "${verbs[@]}"; do
	if [ "${v%%|*}" = "$verb" ]; then
		shift
		"do_$verb" "$@"
		exit
	fi
done
say "build.sh: $verb is not a verb"
do_help
exit 2
