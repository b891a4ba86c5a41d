#!/bin/sh
# Runs uv with the given arguments, in the project's folder. Where there is no uv that is new enough, pip puts one
# below .local/uv: into a folder of its own, so it needs neither the venv module nor leave to touch the system's Python.
set -eu
cd "$(dirname "$0")/.."

UV_VERSION=0.13.9
OWN_UV=.local/uv/bin/uv

install_uv() {
    for python in python3.12 python3.11 python3 python; do
        if "$python" -m pip --version >/dev/null 2>&1; then
            echo "installing uv $UV_VERSION into .local/uv" >&2
            PIP_USER=0 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore \
                "$python" -m pip install --quiet --upgrade --target .local/uv "uv==$UV_VERSION"
            return
        fi
    done
    echo "neither uv nor a Python with pip was found: install Python 3.12 with pip, or uv $UV_VERSION" >&2
    exit 1
}

# In the project's folder every command of uv fails if its version is not the one that pyproject.toml wants.
fits() {
    "$1" cache dir >/dev/null 2>&1
}

# A Python that pyenv has, but that is not the one in use: its commands on PATH refuse to run, so uv does not see it.
find_pyenv_python() {
    for python in "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.12.*/bin/python "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.11.*/bin/python; do
        if [ -x "$python" ]; then
            echo "$python"
            return
        fi
    done
}

# uv brings certificates of its own; the system's know about a company's proxy as well.
for bundle in /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt /etc/ssl/cert.pem; do
    if [ -e "$bundle" ]; then
        export UV_SYSTEM_CERTS="${UV_SYSTEM_CERTS:-1}"
    fi
done

if fits uv; then
    uv=uv
else
    fits "$OWN_UV" || install_uv
    uv=$OWN_UV
fi
if ! [ -e .venv ] && ! "$uv" python find --quiet --no-python-downloads >/dev/null 2>&1; then
    python=$(find_pyenv_python)
    [ -z "$python" ] || export UV_PYTHON="${UV_PYTHON:-$python}"
fi
exec "$uv" "$@"
