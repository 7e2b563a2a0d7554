package dev.fovea.bench;

import java.util.function.DoubleSupplier;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/// What a benchmark times, and what bounds it. Shared, since JMH would give every reader of a thread its own; not
/// final,
/// since JMH extends its states.
@State(Scope.Benchmark)
public class Timed {
    /// Peaks measured before the first one counts, for the compiler.
    private static final int WARM = 30;

    /// Peaks measured in a row, whose mean counts: some milliseconds of multiply-adds.
    private static final int TIMES = 3;

    private double work;
    private DoubleSupplier peak = () -> 0;
    private Runnable call = () -> {};

    /// @param work operations or bytes of one call
    /// @param peak how many of these a second the machine can do at this moment
    void is(double work, DoubleSupplier peak, Runnable call) {
        this.work = work;
        this.peak = peak;
        this.call = call;
        for (int i = 0; i < WARM; i++) {
            double _ = peak.getAsDouble();
        }
    }

    void run() {
        call.run();
    }

    double work() {
        return work;
    }

    /// The speed of some measurements of the peak as if they were one: their harmonic mean.
    double peak() {
        double seconds = 0;
        for (int i = 0; i < TIMES; i++) {
            seconds += 1 / peak.getAsDouble();
        }
        return TIMES / seconds;
    }
}
