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

    /// @param arena how long the code lives
    /// @throws UnsupportedOperationException with the reason, where processor or system cannot run it
    MachineCacheRoutines(Arena arena) {
        Processor.requireVnni();
        f16 = handles(Format.F16, arena);
        f32 = handles(Format.F32, arena);
    }

    private static Handles handles(Format format, Arena arena) {
        Assembler code = new Assembler();
        int scores1 = code.here();
        CacheCode.scores(code, format, 1);
        int scores4 = code.here();
        CacheCode.scores(code, format, GROUP);
        int add1 = code.here();
        CacheCode.add(code, format, 1);
        int add4 = code.here();
        CacheCode.add(code, format, GROUP);
        MemorySegment memory = ExecutableMemory.of(code.code(), arena);
        return new Handles(
                handle(memory, scores1), handle(memory, scores4), handle(memory, add1), handle(memory, add4));
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
