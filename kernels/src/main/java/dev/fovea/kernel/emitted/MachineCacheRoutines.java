package dev.fovea.kernel.emitted;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.fovea.kernel.Format;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/// In machine code.
final class MachineCacheRoutines implements CacheRoutines {
    private final Handles f16;
    private final Handles f32;

    /// The routines of one format, for one row and for [#GROUP].
    private record Handles(MethodHandle scores1, MethodHandle scores4, MethodHandle add1, MethodHandle add4) {}

    /// @param code  empty, of a family that this processor runs
    /// @param arena how long the code lives
    /// @throws UnsupportedOperationException with the reason, where the system cannot run it
    MachineCacheRoutines(RoutineCode code, Arena arena) {
        int[] f16At = write(code, Format.F16);
        int[] f32At = write(code, Format.F32);
        MemorySegment memory = ExecutableMemory.of(code.code().code(), arena);
        f16 = handles(memory, f16At);
        f32 = handles(memory, f32At);
    }

    /// Where each routine begins.
    private static int[] write(RoutineCode code, Format format) {
        int scores1 = code.code().here();
        code.scores(format, 1);
        int scores4 = code.code().here();
        code.scores(format, GROUP);
        int add1 = code.code().here();
        code.add(format, 1);
        int add4 = code.code().here();
        code.add(format, GROUP);
        return new int[] {scores1, scores4, add1, add4};
    }

    private static Handles handles(MemorySegment memory, int[] at) {
        return new Handles(handle(memory, at[0]), handle(memory, at[1]), handle(memory, at[2]), handle(memory, at[3]));
    }

    @SuppressWarnings("restricted") // bounds are checked before each call
    private static MethodHandle handle(MemorySegment memory, int at) {
        FunctionDescriptor type = FunctionDescriptor.ofVoid(
                ADDRESS, ADDRESS, JAVA_LONG, ADDRESS, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG);
        return Linker.nativeLinker().downcallHandle(memory.asSlice(at), type, Linker.Option.critical(true));
    }

    @Override
    public void scores(CacheRows keys, PerHead q, PerHead scores) {
        long vector = 4L * LANES * keys.vectors();
        Handles of = of(keys.format());
        call(keys.rows() == 1 ? of.scores1 : of.scores4, keys, q, vector, scores, 4L * keys.rows());
    }

    @Override
    public void add(CacheRows values, PerHead weights, PerHead y) {
        long vector = 4L * LANES * values.vectors();
        Handles of = of(values.format());
        call(values.rows() == 1 ? of.add1 : of.add4, values, weights, 4L * values.rows(), y, vector);
    }

    /// @param oneBytes   that are read for each head
    /// @param otherBytes that are written for each head
    private static void call(
            MethodHandle routine, CacheRows cache, PerHead one, long oneBytes, PerHead other, long otherBytes) {
        if (cache.rows() != 1 && cache.rows() != GROUP) {
            throw new IllegalArgumentException("rows: expected 1 or " + GROUP + ", found " + cache.rows());
        }
        if (cache.heads() < 1 || cache.vectors() < 1 || cache.stride() < 0 || one.step() < 0 || other.step() < 0) {
            throw new IllegalArgumentException(cache + ", " + one + ", " + other);
        }
        MemorySegment rows = cache.bytes().asSlice(0, cache.span());
        MemorySegment read = one.floats().asSlice(0, perHead(cache.heads(), one.step(), oneBytes));
        MemorySegment written = other.floats().asSlice(0, perHead(cache.heads(), other.step(), otherBytes));
        if (written.isReadOnly()) {
            throw new IllegalArgumentException("read-only: " + written);
        }
        try {
            routine.invokeExact(
                    read,
                    rows,
                    cache.stride(),
                    written,
                    (long) cache.heads(),
                    (long) cache.vectors(),
                    one.step(),
                    other.step());
        } catch (Throwable e) {
            throw MachineRoutines.failure(e);
        }
    }

    private static long perHead(int heads, long step, long bytes) {
        return Math.addExact(Math.multiplyExact(heads - 1L, step), bytes);
    }

    private Handles of(Format format) {
        return switch (format) {
            case F16 -> f16;
            case F32 -> f32;
            default -> throw new IllegalArgumentException("cache: expected F16 or F32, found " + format);
        };
    }
}
