package dev.fovea.bench;

import dev.fovea.kernel.Compute;
import dev.fovea.kernel.Kernels;
import dev.fovea.kernel.Workers;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicInteger;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.VectorSpecies;

/// What this machine can do at most, measured by the same threads and in the same minutes as what it is
/// compared with.
final class Machine {
    private static final VectorSpecies<Float> F = FloatVector.SPECIES_PREFERRED;
    private static final VectorSpecies<Long> J = LongVector.SPECIES_PREFERRED;

    /// Independent sums: more than the latency of an FMA times the FMAs per cycle of any processor.
    private static final int SUMS = 12;

    /// Times that one thread hands a number to the other.
    private static final int HANDOVERS = 5_000;

    private static final int HANDOVER_RUNS = 5;

    private final AtomicInteger handed = new AtomicInteger();
    private final Workers workers;
    private final float[] floats; // [threads], keeps the compiler from dropping the work
    private final long[] longs; // [threads]

    Machine(Workers workers) {
        this.workers = workers;
        this.floats = new float[workers.threads()];
        this.longs = new long[workers.threads()];
    }

    /// Floating-point operations per second of FMAs that wait for nothing.
    double fmaPeak() {
        int steps = 400_000;
        long start = System.nanoTime();
        workers.forEach(workers.threads(), (task, _) -> floats[task] = fmas(steps));
        return 2.0 * SUMS * F.length() * steps * workers.threads() / (System.nanoTime() - start) * 1e9;
    }

    private static float fmas(int steps) {
        FloatVector a = FloatVector.broadcast(F, 0.999f);
        FloatVector b = FloatVector.broadcast(F, 0.001f);
        FloatVector s0 = b;
        FloatVector s1 = b;
        FloatVector s2 = b;
        FloatVector s3 = b;
        FloatVector s4 = b;
        FloatVector s5 = b;
        FloatVector s6 = b;
        FloatVector s7 = b;
        FloatVector s8 = b;
        FloatVector s9 = b;
        FloatVector s10 = b;
        FloatVector s11 = b;
        for (int i = 0; i < steps; i++) {
            s0 = s0.fma(a, b);
            s1 = s1.fma(a, b);
            s2 = s2.fma(a, b);
            s3 = s3.fma(a, b);
            s4 = s4.fma(a, b);
            s5 = s5.fma(a, b);
            s6 = s6.fma(a, b);
            s7 = s7.fma(a, b);
            s8 = s8.fma(a, b);
            s9 = s9.fma(a, b);
            s10 = s10.fma(a, b);
            s11 = s11.fma(a, b);
        }
        FloatVector low = s0.add(s1).add(s2).add(s3).add(s4).add(s5);
        return low.add(s6).add(s7).add(s8).add(s9).add(s10).add(s11).lane(0);
    }

    /// Bytes per second of reading `bytes` once, each thread its part.
    double readPeak(MemorySegment bytes) {
        int threads = workers.threads();
        long part = bytes.byteSize() / threads / 4096 * 4096;
        long start = System.nanoTime();
        workers.forEach(threads, (task, _) -> longs[task] = read(bytes, task * part, (task + 1) * part));
        return (double) part * threads / (System.nanoTime() - start) * 1e9;
    }

    private static long read(MemorySegment bytes, long begin, long end) {
        LongVector a = LongVector.zero(J);
        LongVector b = a;
        int step = 2 * J.vectorByteSize();
        for (long i = begin; i < end; i += step) {
            a = a.or(LongVector.fromMemorySegment(J, bytes, i, ByteOrder.LITTLE_ENDIAN));
            b = b.or(LongVector.fromMemorySegment(J, bytes, i + step / 2, ByteOrder.LITTLE_ENDIAN));
        }
        return a.or(b).lane(0);
    }

    /// Nanoseconds from a write of one core to its read by another, NaN with one thread: some 30 where they
    /// share a cache level, several times as many where they do not. A host may move a guest's cores from one
    /// state to the other, which changes neither peak.
    double handoverNanos() {
        if (workers.threads() < 2) {
            return Double.NaN;
        }
        long best = Long.MAX_VALUE; // of some, as one of the cores may have been somebody else's
        for (int i = 0; i < HANDOVER_RUNS; i++) {
            handed.set(0);
            long start = System.nanoTime();
            workers.forEach(2, (task, _) -> {
                for (int mine = task; mine < HANDOVERS; mine += 2) {
                    while (handed.get() < mine) {} // the other is about to write
                    handed.set(mine + 1);
                }
            });
            best = Math.min(best, System.nanoTime() - start);
        }
        return (double) best / HANDOVERS;
    }

    /// @param name of a technique, or `best`
    static Kernels kernels(String name, String compute, Workers workers) {
        Compute in = Compute.valueOf(compute.toUpperCase(Locale.ROOT));
        return name.equals("best") ? Kernels.best(workers, in) : Kernels.named(name, workers, in);
    }

    /// Operations of the arithmetic's instructions in the time of one in binary32.
    static int times(Compute compute) {
        return switch (compute) {
            case F32 -> 1;
            case BF16 -> 2;
            case INT8 -> 4;
        };
    }
}
