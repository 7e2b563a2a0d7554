package dev.fovea.bench;

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
    private double size;
    private double before;
    private double after;

    @Setup(Level.Iteration)
    public void begin(Timed timed) {
        size = timed.work();
        before = timed.peak();
    }

    @TearDown(Level.Iteration)
    public void end(Timed timed) {
        after = timed.peak();
    }

    /// Operations or bytes of one call.
    public double work() {
        return size;
    }

    /// How many of these a second the machine could do around this iteration.
    public double peak() {
        return 2 / (1 / before + 1 / after);
    }
}
