"""Machine code: modules of LLVM compiled for this processor, kept on disk so that another process need not."""

from __future__ import annotations

import contextlib
import ctypes
import ctypes.util
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import llvmlite.binding as llvm

from symgrad.base.files import cache_folder, write_whole
from symgrad.base.fingerprints import digest, digest_of_bytes, environment
from symgrad.base.seals import is_sealed, seal

SEAL = 64  # characters before the code
WIDE = "avx512f"  # the feature of processors whose vectors have 8 doubles


@cache
def _target() -> Any:
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    library = ctypes.util.find_library("m")
    if library:
        llvm.load_library_permanently(library)
    return llvm.Target.from_default_triple()


def _machine() -> Any:
    return _target().create_target_machine(
        cpu=llvm.get_host_cpu_name(), features=llvm.get_host_cpu_features().flatten(), opt=3, jit=True
    )


@cache
def lanes() -> int:
    """How many points fill four vectors of the processor: while some wait for an exponential, others are computed."""
    return 4 * (8 if llvm.get_host_cpu_features().get(WIDE) else 4)


@cache
def _surroundings() -> str:
    """A fingerprint of what code depends on besides the program: symgrad, its libraries and this processor."""
    return digest(environment(["llvmlite", "sympy"]), llvm.get_host_cpu_name(), llvm.get_host_cpu_features().flatten())


def _kept(description: str) -> Path | None:
    """Where the code of a program is kept on disk."""
    place = cache_folder()
    return None if place is None else place / "machine" / f"{digest(description, _surroundings())}.o"


def _read(place: Path) -> bytes | None:
    """What is kept, if it is whole and this user's: other code would bring down the process, or do as it likes."""
    try:
        content = place.read_bytes()
    except OSError:
        return None
    given, code = content[:SEAL].decode("ascii", "replace"), content[SEAL:]
    return code if is_sealed(given, place.name, digest_of_bytes(code)) else None


def _object(description: str, write: Callable[[], str]) -> bytes:
    """The code of a module for this processor, from the disk if it is there, where it is found by its description."""
    place = _kept(description)
    known = _read(place) if place is not None else None
    if known is not None:
        return known
    machine = _machine()
    module = llvm.parse_assembly(write())
    module.verify()
    options = llvm.create_pipeline_tuning_options(speed_level=3)
    options.slp_vectorization = options.loop_vectorization = True
    builder = llvm.create_pass_builder(machine, options)
    builder.getModulePassManager().run(module, builder)
    made: bytes = machine.emit_object(module)
    sealed = None if place is None else seal(place.name, digest_of_bytes(made))
    if place is not None and sealed is not None:
        with contextlib.suppress(OSError):  # then it is compiled again
            place.parent.mkdir(parents=True, exist_ok=True)
            write_whole(place, sealed.encode("ascii") + made)
    return made


class Code:
    """Functions of a module, to be called.

    Parameters
    ----------
    description : str
        All that the module is written from.
    write : callable
        Gives the module as text; it is not called where code of the same description is on disk.
    signatures : mapping of str to object
    """

    def __init__(self, description: str, write: Callable[[], str], signatures: Mapping[str, Any]) -> None:
        machine = _machine()
        self._engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), machine)
        self._engine.add_object_file(llvm.ObjectFileRef.from_data(_object(description, write)))
        self._engine.finalize_object()
        self.functions = {
            name: signature(self._engine.get_function_address(name)) for name, signature in signatures.items()
        }
