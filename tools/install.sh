#!/bin/sh
# Installs from the folder beside it, without network, into a virtual environment.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
target=${1:-"$HOME/.local/share/perfeval_xl"}
export PIP_CONFIG_FILE=/dev/null
unset PIP_FIND_LINKS PIP_INDEX_URL PIP_EXTRA_INDEX_URL
python3 -m venv --clear "$target"
"$target/bin/python" -m pip install --no-index --find-links "$here/wheels" \
  --disable-pip-version-check perfeval-xl
echo "装好了：$target/bin/perfeval"
