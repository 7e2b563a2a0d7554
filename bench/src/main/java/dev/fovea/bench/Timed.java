package dev.fovea.bench;

import java.util.function.DoubleConsumer;
import java.util.function.DoubleSupplier;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/// What a benchmark times, and what bounds it. Shared, since JMH would give every reader of a thread its own;
/// not final, since JMH extends its states.
@State(Scope.Benchmark)
public class Timed {
    /// Peaks measured before the first one counts, for the compiler.
    private static final int WARM = 30;

    /// How long the peak is measured, and how often at least.
    private static final long PEAK_NANOS = 10_000_000;

    private static final int LEAST = 3;

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

    /// Measures the peak again and again for some milliseconds.
    void measurePeak(DoubleConsumer to) {
        long begin = System.nanoTime();
        for (int times = 0; times < LEAST || System.nanoTime() - begin < PEAK_NANOS; times++) {
            to.accept(peak.getAsDouble());
        }
    }
}
