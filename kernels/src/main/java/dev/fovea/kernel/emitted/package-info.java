/// Products in int8 and bf16, and attention, in machine code that is written from Java: the Vector API has no
/// instruction that multiplies bytes or bf16 numbers and adds the products, nor one that widens f16.
///
/// [dev.fovea.kernel.emitted.Assembler] knows encodings, [dev.fovea.kernel.emitted.Routines] says what each routine
/// computes, [dev.fovea.kernel.emitted.PlainRoutines] defines it in Java, [dev.fovea.kernel.emitted.RoutineCode] writes
/// it for one kind of processor and [dev.fovea.kernel.emitted.MachineRoutines] checks bounds and runs it. So for
/// block-quantised weights, with AVX-512 here and with AVX2 in [dev.fovea.kernel.emitted.avx2]; products of packed
/// weights ([dev.fovea.kernel.emitted.DenseStrips]) are defined by [dev.fovea.kernel.packed.Arithmetic].
@NullMarked
package dev.fovea.kernel.emitted;

import org.jspecify.annotations.NullMarked;
