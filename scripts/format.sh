#!/bin/sh
# Formats all C sources in place; with --check only says which would change, exit 1 if any.
set -eu
cd "$(dirname "$0")/.."
mode=-i
[ "${1:-}" = --check ] && mode='--dry-run --Werror'
# shellcheck disable=SC2086
git ls-files '*.c' '*.h' '*.cc' | xargs clang-format $mode
