"""Keeps Inductor from trying the CPU's vector units where the code is for a GPU."""

from __future__ import annotations


def spare_trials() -> None:
    """From here on, Inductor takes AVX-512 for what TORCHINDUCTOR_VEC_ISA_OK says of it, and does without VNNI and AMX.

    To pick a vector unit for the host's part of a package, Inductor compiles programs, then loads each in a Python of
    its own (in torch 2.11 one that imports torch), under a lock that all exporters of a run share; to load a package
    in Python does so again. TORCHINDUCTOR_VEC_ISA_OK spares only the first program of each unit: the classes of
    AVX-512, VNNI and AMX override that answer, to try one or two more. The host's part of a package for a GPU uses
    none of them. VNNI and AMX are left out, not taken untried: their flags are unknown to older compilers.

    Call it before anything is compiled or loaded: Inductor asks once in a process.
    """
    from torch._inductor import cpu_vec_isa

    answers = {
        "VecAVX512": cpu_vec_isa.VecISA.__bool__,
        "VecAVX512VNNI": lambda unit: False,
        "VecAMX": lambda unit: False,
    }
    for name, answer in answers.items():
        unit = getattr(cpu_vec_isa, name, None)
        if unit is not None and "__bool__" in vars(unit):  # other releases of torch may have other units
            unit.__bool__ = answer
