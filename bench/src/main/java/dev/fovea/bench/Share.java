package dev.fovea.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/// The peak around each iteration, measured just before and just after it, so that both see the same disturbances: what
/// JMH counts beside the time. Not final, since JMH extends its states.
@State(Scope.Thread)
@AuxCounters(AuxCounters.Type.EVENTS)
public class Share {
    /// How long the process that collects results takes for those of the iteration before, on a core that is needed.
    private static final long COLLECTING_NANOS = 20_000_000;

    private final List<Double> peaks = new ArrayList<>();
    private double size;
    private double handover;

    @Setup(Level.Iteration)
    public void begin(Timed timed) {
        size = timed.work();
        peaks.clear();
        LockSupport.parkNanos(COLLECTING_NANOS);
        timed.measurePeak(peaks::add);
    }

    @TearDown(Level.Iteration)
    public void end(Timed timed, Technique technique) {
        timed.measurePeak(peaks::add);
        handover = technique.machine().handoverNanos();
    }

    /// Nanoseconds after this iteration, [Machine#handoverNanos].
    public double handover() {
        return handover;
    }

    /// Operations or bytes of one call.
    public double work() {
        return size;
    }

    /// How many of these a second the machine could do around this iteration: the median, which is none of the moments
    /// when somebody else had a core, although the iteration itself may have lost some to that.
    public double peak() {
        return peaks.stream().sorted().skip(peaks.size() / 2).findFirst().orElseThrow();
    }
}
