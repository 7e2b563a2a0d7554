package dev.fovea.kernel.vector;

import dev.fovea.kernel.Workers;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/// How many binary32 operations per second the processor does at most: fused multiply-adds that wait for nothing.
final class FmaPeak {
    private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;

    /// Independent sums: more than the latency of an FMA times the FMAs per cycle of any processor.
    private static final int SUMS = 12;

    /// A few milliseconds of work.
    private static final int STEPS = 1 << 20;

    /// Rounds: the first are slow, until the JIT compiler has seen them; the best one counts.
    private static final int ROUNDS = 40;

    private final Workers workers;
    private final float[] results; // [threads], keeps the compiler from dropping the work

    FmaPeak(Workers workers) {
        this.workers = workers;
        this.results = new float[workers.threads()];
    }

    /// Operations per second of all threads together; an FMA counts as two.
    double measured() {
        long shortest = Long.MAX_VALUE;
        for (int round = 0; round < ROUNDS; round++) {
            long begin = System.nanoTime();
            workers.forEach(workers.threads(), (task, _) -> results[task] = sum());
            shortest = Math.min(shortest, System.nanoTime() - begin);
        }
        return 2.0 * SUMS * SPECIES.length() * STEPS * workers.threads() / shortest * 1e9;
    }

    private static float sum() {
        FloatVector a = FloatVector.broadcast(SPECIES, 0.999f);
        FloatVector b = FloatVector.broadcast(SPECIES, 0.001f);
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
        for (int step = 0; step < STEPS; step++) {
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
}
