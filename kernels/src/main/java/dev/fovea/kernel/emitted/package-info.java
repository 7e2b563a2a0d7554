/// Products of block-quantised weights with int8 activations, in machine code that is written from Java: the
/// Vector API has no instruction that multiplies bytes and adds the products.
///
/// [dev.fovea.kernel.emitted.Assembler] knows encodings, [dev.fovea.kernel.emitted.Routines] says what each routine
/// computes, [dev.fovea.kernel.emitted.PlainRoutines] defines it in Java, [dev.fovea.kernel.emitted.RoutineCode] writes
/// it
/// for one kind of processor and [dev.fovea.kernel.emitted.MachineRoutines] checks bounds and runs it. The code for
/// AVX-512 is here, that for AVX2 in [dev.fovea.kernel.emitted.avx2].
@NullMarked
package dev.fovea.kernel.emitted;

import org.jspecify.annotations.NullMarked;
